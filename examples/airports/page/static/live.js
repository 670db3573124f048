// The page: sign in, import with progress, see what changes. One rule: what comes from the service is only ever set as
// text, never as markup.

const SHOWN_CHANGES = 100; // more would only make the page slow
const SHOWN_ERRORS = 200;
const RECONNECT_MS = [500, 1_000, 2_000, 5_000, 10_000];
const base = document.body.dataset.base;
const element = (id) => document.getElementById(id);
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

// Kept for this tab, until it is closed: a reload stays signed in, and other tabs know nothing of it.
let session = JSON.parse(sessionStorage.getItem("session"));

// --- Signing in

class Refusal extends Error {}

async function call(path, options = {}) {
  let response;
  try {
    const headers = session ? { Authorization: `Bearer ${session.token}` } : {};
    response = await fetch(base + path, { ...options, headers });
  } catch {
    throw new Refusal("The service can't be reached. Try again.");
  }
  if (response.ok) return response.json();
  if (response.status === 401 && session) signOut("You are signed out. Sign in again.");
  throw new Refusal(await explain(response));
}

async function explain(response) {
  try {
    const body = await response.clone().json();
    return body.message ?? body.error_description ?? body.detail.map((error) => error.msg).join(", ");
  } catch {
    return `${response.status} ${await response.text()}`;
  }
}

element("sign-in-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await submitting(event.target, "sign-in-problem", async () => {
    const answer = await call("/token", { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
    session = { token: answer.access_token, name: event.target.username.value, scopes: answer.scope.split(" ") };
    sessionStorage.setItem("session", JSON.stringify(session));
    event.target.reset();
    showSession();
  });
});

element("sign-out").addEventListener("click", () => signOut(""));

function signOut(reason) {
  session = null;
  sessionStorage.removeItem("session");
  feed.close();
  progress.close();
  showSession();
  element("sign-in-problem").textContent = reason;
}

function showSession() {
  const may = (scope) => session?.scopes.includes(scope) ?? false;
  element("sign-in").hidden = session !== null;
  element("account").hidden = session === null;
  element("import").hidden = !may("airports:write");
  element("feed").hidden = !may("airports:read");
  element("who").textContent = session ? `Signed in as ${session.name}` : "";
  if (may("airports:read")) feed.open();
  document.querySelector(session ? "#import:not([hidden]) input" : "#sign-in input")?.focus();
}

async function submitting(form, problem, action) {
  const button = form.querySelector("button");
  button.disabled = true;
  element(problem).textContent = "";
  try {
    await action();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    element(problem).textContent = refusal.message;
  } finally {
    button.disabled = false;
  }
}

// --- Importing

element("import-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  await submitting(event.target, "import-problem", async () => {
    const state = await call("/imports", { method: "POST", body: new FormData(event.target) });
    progress.follow(state);
  });
});

element("cancel").addEventListener("click", () => progress.cancel());

const progress = {
  events: null,
  id: null,

  follow(state) {
    this.close();
    this.id = state.id;
    element("errors").hidden = true;
    element("progress").hidden = false;
    this.show(state);
    // Connects again by itself, and each event has the whole state.
    this.events = new EventSource(`${base}/imports/${state.id}/events`);
    this.events.addEventListener("progress", (event) => this.show(JSON.parse(event.data)));
    this.events.addEventListener("end", (event) => {
      this.close();
      this.show(JSON.parse(event.data));
      this.report();
    });
  },

  show(state) {
    element("progress-label").textContent = `${state.file_name}: ${state.percent}%`;
    element("progress-bar").value = state.percent;
    for (const count of ["added", "changed", "unchanged", "rejected"]) element(count).textContent = state[count];
    element("cancel").hidden = state.ended_at !== null;
    element("outcome").textContent = {
      waiting: "Waiting for its turn.",
      running: "",
      done: "Done.",
      cancelled: "Cancelled. What is counted here is stored.",
      failed: state.problem,
    }[state.status];
  },

  async report() {
    const { errors } = await call(`/imports/${this.id}`);
    const rows = errors.slice(0, SHOWN_ERRORS).map((error) => {
      const row = document.createElement("tr");
      for (const text of [error.line, error.column ?? "", error.message]) row.insertCell().textContent = text;
      return row;
    });
    element("errors").querySelector("tbody").replaceChildren(...rows);
    element("errors").hidden = rows.length === 0;
  },

  cancel() {
    call(`/imports/${this.id}/cancellation`, { method: "POST" }).catch((refusal) => {
      element("import-problem").textContent = refusal.message;
    });
  },

  close() {
    this.events?.close();
    this.events = null;
  },
};

// --- What changes

const feed = {
  socket: null,
  timer: null,
  failures: 0,
  last: null, // the number of the last change that was seen: where to go on after a lost connection

  open() {
    this.close();
    const address = new URL(`${base}/feed`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    this.say("connecting", "");
    socket.addEventListener("open", () => {
      const hello = { token: session.token };
      if (this.last !== null) hello.after = this.last;
      socket.send(JSON.stringify(hello));
    });
    socket.addEventListener("message", (event) => this.take(JSON.parse(event.data)));
    socket.addEventListener("close", (event) => {
      if (socket !== this.socket) return;
      if (event.code === 1008) return signOut(event.reason);
      this.say("not connected", "lost");
      this.timer = setTimeout(() => this.open(), RECONNECT_MS[Math.min(this.failures++, RECONNECT_MS.length - 1)]);
    });
  },

  close() {
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.say("", "");
  },

  say(text, state) {
    element("connection").textContent = text;
    element("connection").className = `state ${state}`;
  },

  take(message) {
    if (message.number !== undefined) this.last = message.number;
    if (message.type === "ready") {
      this.failures = 0;
      this.say("connected", "open");
    } else if (message.type === "gap") {
      this.add("…", `${message.missed} changes went by too quickly to show`, "gap");
    } else if (message.type === "airport") {
      const { airport } = message;
      const where = [airport.city, airport.country].filter(Boolean).join(", ");
      this.add(airport.icao, `${airport.name}, ${where} (${message.is_new ? "new" : "changed"})`);
    } else if (message.state.ended_at) {
      const { account, file_name: file, status } = message.state;
      this.add("Import", `${file} by ${account}: ${status}`);
    }
  },

  add(title, what, kind = "") {
    const item = element("change").content.firstElementChild.cloneNode(true);
    item.className = kind;
    item.querySelector("strong").textContent = title;
    item.querySelector(".what").textContent = what;
    item.querySelector("time").textContent = time.format(new Date());
    element("quiet").hidden = true;
    element("changes").prepend(item);
    while (element("changes").childElementCount > SHOWN_CHANGES) element("changes").lastElementChild.remove();
  },
};

showSession();
