"use strict";
// Tables are sorted by a click on a head; what is folded is opened for print, but for the numbers behind pictures.
for (const table of document.querySelectorAll("table.sortable")) {
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head, column));
  });
}

function sort(table, head, column) {
  const down = head.getAttribute("aria-sort") === "ascending";
  const number = head.classList.contains("number");
  const value = (row) => row.cells[column].textContent.trim();
  const figure = (text) => (text === "" ? NaN : Number.parseFloat(text.replaceAll(",", "")));
  const order = (one, other) => {
    if (!number) return one.localeCompare(other, "en", { numeric: true });
    const [a, b] = [figure(one), figure(other)];
    return isNaN(a) ? (isNaN(b) ? 0 : 1) : isNaN(b) ? -1 : a - b;
  };
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, other) => (down ? -1 : 1) * order(value(one), value(other)));
  for (const cell of table.tHead.rows[0].cells) cell.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", down ? "descending" : "ascending");
  table.tBodies[0].append(...rows);
}

let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("details:not(.numbers):not([open])")];
  for (const folded of opened) folded.open = true;
});
addEventListener("afterprint", () => {
  for (const folded of opened) folded.open = false;
});
