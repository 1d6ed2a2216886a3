"""Events to the world: store, images, alerts, statistics."""
