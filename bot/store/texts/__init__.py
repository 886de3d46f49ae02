"""What is said: texts, translations, files, notices, and who reads them."""
