"""Who may do what: one room for the page, the API and MCP alike. Knows nothing of how anything is drawn or sent."""
