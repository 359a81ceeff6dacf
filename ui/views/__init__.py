"""The pages, one a file that Streamlit runs: each calls the packages and draws what they say, and decides nothing."""
