"""From a contract to a Python package: view, templates, writer."""
