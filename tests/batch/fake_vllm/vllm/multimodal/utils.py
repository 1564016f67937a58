"""Fetches nothing."""


def fetch_image(image_url: str) -> object:
    if "missing" in image_url:
        raise ValueError("Failed to fetch")
    return object()
