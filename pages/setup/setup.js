/* The setup code may come behind the # of the address, which no server sees. It leaves the address at once. */

const code = location.hash.slice(1);
if (code) {
  history.replaceState(null, "", location.pathname + location.search);
  for (const input of document.querySelectorAll("input")) {
    if (input.name === "code") input.value = code;
    if (input.name === "password") input.focus();
  }
}
