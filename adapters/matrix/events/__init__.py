"""What Matrix events say: read into our texts and files, and written from them."""
