// Passkeys need a script: the browser asks the authenticator, this hands the questions and answers on.

const CODE = { "-": "+", _: "/" };
const toBytes = (text) =>
  Uint8Array.from(atob(text.replace(/[-_]/g, (one) => CODE[one])), (one) => one.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

async function send(path, fields) {
  const response = await fetch(path, { method: "POST", body: new URLSearchParams(fields) });
  if (response.ok) return response.json();
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  throw new Error(page.querySelector("main .lead")?.textContent ?? "The server did not answer");
}

function withBytes(list) {
  return (list ?? []).map((one) => ({ ...one, id: toBytes(one.id) }));
}

function answerOf(made) {
  const { response } = made;
  const answer = { clientDataJSON: toText(response.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) answer[part] = toText(response[part]);
  }
  return JSON.stringify({ id: made.id, rawId: toText(made.rawId), type: made.type, response: answer });
}

async function register(form) {
  const fields = Object.fromEntries(new FormData(form));
  const { ticket, options } = await send("/settings/passkeys/begin", fields);
  const asked = options.publicKey;
  asked.challenge = toBytes(asked.challenge);
  asked.user.id = toBytes(asked.user.id);
  asked.excludeCredentials = withBytes(asked.excludeCredentials);
  const made = await navigator.credentials.create({ publicKey: asked });
  await send("/settings/passkeys/finish", { key: fields.key, ticket, answer: answerOf(made) });
  location.reload();
}

async function signIn(form) {
  const { name, next } = Object.fromEntries(new FormData(form));
  const { ticket, options } = await send("/passkey/begin", { name: name ?? "" });
  const asked = options.publicKey;
  asked.challenge = toBytes(asked.challenge);
  asked.allowCredentials = withBytes(asked.allowCredentials);
  const made = await navigator.credentials.get({ publicKey: asked });
  const done = await send("/passkey/finish", { ticket, next, answer: answerOf(made) });
  location.assign(done.next);
}

const WORK = { register, "sign-in": signIn };

function run(work, form) {
  const problem = form.querySelector("[data-problem]");
  problem.hidden = true;
  WORK[work](form).catch((error) => {
    problem.textContent = error.name === "NotAllowedError" ? "The passkey was not given." : error.message;
    problem.hidden = false;
  });
}

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(form.dataset.passkey, form);
    });
  }
  for (const button of document.querySelectorAll("button[data-passkey]")) {
    button.hidden = false;
    button.addEventListener("click", () => run(button.dataset.passkey, button.form));
  }
}
