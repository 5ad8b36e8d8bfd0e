"""Tools by which agents use the service, over the Model Context Protocol."""
