"""A dashboard of the visitors of each page."""

import dlt.hub.run as run
import streamlit as st

from visits import count_by_page

# The dashboard listens on this port inside its own network. Without it, Pumphouse chooses one.
__trigger__ = run.trigger.http(8601)
__require__ = {"instance": {"size": "small"}, "profile": "access"}

if __name__ == "__main__":
    st.title("Visitors by page")
    for page, visitors in count_by_page():
        st.metric(page, visitors)
