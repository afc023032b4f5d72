"""Which index rows an entity has, and the one way in which entities and rows change together."""
