"""What makes a bundled contract valid, one module per subject. Each check yields diagnostics and never raises."""
