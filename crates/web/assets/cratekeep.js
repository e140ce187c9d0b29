// Extras of the pages, each of which works without: a button to copy commands, and a key to search.

function addCopyButton(pre) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "quiet";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.innerText.trimEnd());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  const around = document.createElement("div");
  around.className = "copied";
  pre.replaceWith(around);
  around.append(pre, button);
}

// Browsers let pages write to the clipboard over TLS and on localhost only.
if (navigator.clipboard) {
  document.querySelectorAll("main pre:not(.readme pre)").forEach(addCopyButton);
}

// The search box is a slash away.
const box = document.querySelector("form.find");
if (box) {
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    box.querySelector("input").focus();
  });
}
