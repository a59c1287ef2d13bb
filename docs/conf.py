# The site: the guide, and the reference that docs/build.py makes from the header.

project = "hostws"
author = copyright = "the hostws authors"

extensions = ["myst_parser", "sphinx_copybutton"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
# A name without a page is an error.
nitpicky = True

html_theme = "furo"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
