"""The processes of a deployment, and how work runs in them."""
