"""A graph of services as text, dot, mermaid or svg."""
