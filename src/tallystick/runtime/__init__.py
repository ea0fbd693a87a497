"""What generated code calls while a request is served. Imports neither the generator nor the product."""
