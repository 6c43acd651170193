// The theme's search dialog has a role but no name; screen readers need one.
document.querySelector(".md-search")?.setAttribute("aria-label", "Search");
