"""Reading a contract: load with positions, resolve references, bundle, validate."""
