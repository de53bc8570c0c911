"""What the declarations of the smart-MAC family cannot say."""
