"""How the parts of pages are drawn, a module each, on what `ui.draw` gives them. They decide nothing."""
