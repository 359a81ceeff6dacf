"""The HTTP API: OpenAI's shapes and MCP over the same assistant as the page. It translates, and decides nothing."""
