(() => {
  "use strict";
  const rows = JSON.parse(document.getElementById("numbers").textContent);
  const pseudonyms = rows.some((row) => row.patient_count > 0);
  const panel = document.getElementById("origin");
  let pinned = null;

  const element = (name, text) => {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  };

  const describe = (row) => {
    const list = document.createElement("dl");
    const add = (term, text) => {
      if (text === null || text === "" || text === undefined) return;
      list.append(element("dt", term), element("dd", String(text)));
    };
    add("Value", row.value === null ? "not available" : `${row.value}${row.unit ? " " + row.unit : ""}`);
    add("Reason", row.reason);
    add("Method", row.method);
    add("n", row.n);
    const more = row.patient_count - row.patients.length;
    const named = row.patients.join(", ") || (pseudonyms ? "none" : "");
    add(`Patients (${row.patient_count})`, named + (more > 0 ? ` and ${more} more in results.json` : ""));
    return list;
  };

  const show = (button) => {
    panel.replaceChildren();
    const close = element("button", "×");
    close.className = "close";
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", hide);
    panel.append(close);
    for (const index of button.dataset.rows.split(" ")) {
      const row = rows[Number(index)];
      panel.append(element("h4", row.name), describe(row));
    }
    panel.hidden = false;
  };

  const hide = () => {
    pinned = null;
    panel.hidden = true;
  };

  const target = (event) => (event.target instanceof Element ? event.target.closest(".number") : null);
  document.addEventListener("mouseover", (event) => {
    const button = target(event);
    if (button && !pinned) show(button);
  });
  document.addEventListener("mouseout", (event) => {
    if (target(event) && !pinned) hide();
  });
  document.addEventListener("click", (event) => {
    const button = target(event);
    if (button) {
      pinned = button;
      show(button);
    } else if (pinned && !panel.contains(event.target)) {
      hide();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") hide();
  });
})();
