"""What a run is about: folders, files and tables of rows, and the requests that they become."""
