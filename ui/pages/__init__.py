"""The pages, one a file: each is a function `page` that calls the packages and draws what they say."""
