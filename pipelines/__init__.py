"""The product, room by room: ``docs/architecture.md`` says which room knows which."""
