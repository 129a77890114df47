"""Visitors by page."""

import marimo

__expose__ = {"display_name": "Visits notebook", "tags": ["visits"], "interface": "gui", "category": "notebook"}

app = marimo.App(app_title="Visits")


@app.cell
def _():
    import marimo as mo

    from visits import count_by_page

    rows = [{"page": page, "visitors": visitors} for page, visitors in count_by_page()]
    mo.vstack([mo.md("# Visitors by page"), mo.ui.table(rows)])
    return


if __name__ == "__main__":
    app.run()
