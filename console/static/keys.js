"use strict";

// Keys for those who keep their hands on the keyboard: j and k walk over cards, and a card's own
// letters press its buttons. Nothing happens while somebody types, or with a modifier held.
const typing = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

const step = (by) => {
  const cards = [...document.querySelectorAll("[data-card]")];
  if (!cards.length) return;
  const here = cards.indexOf(document.activeElement?.closest("[data-card]"));
  const next = here < 0 ? (by > 0 ? 0 : cards.length - 1) : Math.min(Math.max(here + by, 0), cards.length - 1);
  cards[next].focus();
};

document.querySelector(".bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  if (event.key === "j") return step(1);
  if (event.key === "k") return step(-1);
  const card = document.activeElement?.closest("[data-card]");
  const button = card && [...card.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key);
  if (button) {
    event.preventDefault();
    button.click();
  }
});
