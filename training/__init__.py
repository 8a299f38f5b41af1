"""Training of the embedded colour model, apart from the product and with its own dependencies.

Run it with ``python -m training STEP``; the steps are in README.md.
"""
