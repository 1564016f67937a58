"""Looking at pictures and videos: small in the conversation, large in a window, and as the model gets them."""
