"""The items as data for the search: what a page needs to list any of them."""

import json

from .items import Item


def search_script(items: list[Item], items_a_page: int) -> str:
    """A script that hands all items to the pages: a page opened from a folder can load no data.

    An item is [name, kind, folder, model, status, attention, colorfulness, thumbnail]; kind (0
    photograph, 1 film), folder, model and status are places in their lists. Its own place says
    on which page it stands and under which anchor.
    """
    lists = {
        name: sorted({getattr(item, attribute) for item in items})
        for name, attribute in (("folders", "folder"), ("models", "model"), ("statuses", "status"))
    }
    places = {name: {value: n for n, value in enumerate(all_)} for name, all_ in lists.items()}
    rows = [
        [
            item.name,
            int(item.kind == "film"),
            places["folders"][item.folder],
            places["models"][item.model],
            places["statuses"][item.status],
            item.attention,
            item.colorfulness,
            item.pairs[0]["after"] if item.pairs else "",
        ]
        for item in items
    ]
    data = json.dumps(lists | {"itemsAPage": items_a_page, "items": rows}, separators=(",", ":"))
    return f"window.autochromeItems={data};\n"
