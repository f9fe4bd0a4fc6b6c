"""The service desk of Linli: cases through the seven steps, matched to resources."""
