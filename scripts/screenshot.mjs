// The steps of scripts/screenshot, over WebDriver. It runs inside scripts/desktop-session.
import { execFileSync, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';

const [app, size, ...steps] = process.argv.slice(2);
const find = readFileSync(new URL('../tests/desktop/find.js', import.meta.url), 'utf8').replace(/;\s*$/, '');
const clickable = 'button link tab menuitem option radio checkbox switch row gridcell treeitem listitem combobox';
const deadline_ms = 30_000;

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const port = await freePort();
const logFile = `${process.env.ROACHVAULT_DESKTOP_SESSION}/app.log`;
const log = openSync(logFile, 'w');
const driver = spawn('tauri-driver', ['--port', `${port}`, '--native-port', `${await freePort()}`], {
  stdio: ['ignore', log, log],
});
process.on('exit', () => driver.kill());

async function call(method, path, body) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, body: body && JSON.stringify(body) });
  const { value } = await answer.json();
  if (value?.error) throw new Error(`${value.error}: ${value.message}`);
  return value;
}

async function until(what, attempt, within_ms = deadline_ms) {
  const end = Date.now() + within_ms;
  for (let last; ; ) {
    try {
      const value = await attempt();
      if (value) return value;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`no ${what} within ${within_ms / 1000} s${last ? ` (${last.message})` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

await until('tauri-driver', () => call('GET', '/status'));
const { sessionId } = await call('POST', '/session', {
  capabilities: { alwaysMatch: { 'tauri:options': { application: app } } },
});
const inSession = (method, path, body) => call(method, `/session/${sessionId}${path}`, body);
const script = (text, ...args) => inSession('POST', '/execute/sync', { script: text, args });
const locate = (roles, name) => script(`return (${find})(...arguments)`, roles, name, '');
const elementId = (element) => Object.values(element)[0];
const xdotool = (...args) => execFileSync('xdotool', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

// A native dialog is a window of its own beside the app's.
function openDialog() {
  const windows = execFileSync('xprop', ['-root', '_NET_CLIENT_LIST'], { encoding: 'utf8' }).match(/0x[0-9a-f]+/g) ?? [];
  return windows.find((id) => /_NET_WM_WINDOW_TYPE_DIALOG/.test(execFileSync('xprop', ['-id', id, '_NET_WM_WINDOW_TYPE'], { encoding: 'utf8' })));
}

async function resize(width, height) {
  const window = xdotool('search', '--onlyvisible', '--name', 'Roachvault$').split('\n')[0];
  xdotool('windowsize', window, `${width}`, `${height}`, 'windowmove', window, '20', '40');
  await until(`page of ${width}x${height}`, async () => {
    const seen = await script('return `${innerWidth}x${innerHeight}`');
    return seen === `${width}x${height}`;
  });
}

const keys = { Enter: '\uE007', Escape: '\uE00C', Tab: '\uE004', Backspace: '\uE003', ArrowUp: '\uE013', ArrowDown: '\uE015', ArrowLeft: '\uE012', ArrowRight: '\uE014', Space: ' ' };
const press = (...list) =>
  inSession('POST', '/actions', {
    actions: [{ type: 'key', id: 'keys', actions: list.map(([type, value]) => ({ type, value })) }],
  });

// Pictures show the page at rest: fonts loaded, animations over.
const settled = () => inSession('POST', '/execute/async', {
  script: `const done = arguments[0];
    Promise.all([document.fonts.ready, ...document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity).map((a) => a.finished.catch(() => {}))])
      .then(() => requestAnimationFrame(() => requestAnimationFrame(() => done(true))));`,
  args: [],
});

// WebDriver aims first and presses later: on a page that moves in between, the press meets something else.
const standsStill = (element) => inSession('POST', '/execute/async', {
  script: `const [element, done] = arguments;
    const place = () => JSON.stringify(element.getBoundingClientRect());
    const before = place();
    requestAnimationFrame(() => requestAnimationFrame(() => done(place() === before)));`,
  args: [element],
});

const doing = {
  async click(name) {
    const element = await until(`'${name}' to click`, async () => {
      const found = await locate(clickable, name);
      return found && (await standsStill(found)) && found;
    });
    await inSession('POST', `/element/${elementId(element)}/click`, {});
  },
  async type(text) {
    const [field, ...value] = text.split('=');
    const element = await until(`field '${field}'`, () => locate('textbox searchbox combobox spinbutton', field));
    // As a person erases: WebDriver's own clearing goes past the state of the page, which puts the old text back.
    const held = await script('return arguments[0].value', element);
    const erase = '\uE010' + '\uE003'.repeat([...held].length);
    await inSession('POST', `/element/${elementId(element)}/value`, { text: erase + value.join('=') });
  },
  press: (key) => press(['keyDown', keys[key] ?? key], ['keyUp', keys[key] ?? key]),
  wait: (text) => until(`text '${text}'`, () => locate('*', text)),
  gone: (text) => until(`end of '${text}'`, async () => !(await locate('*', text))),
  async file(path) {
    const dialog = await until('file dialog', openDialog);
    xdotool('windowfocus', '--sync', dialog, 'key', 'ctrl+l');
    xdotool('key', 'ctrl+a');
    // Pasted, because the dialog's completion gets in between letters that are typed.
    execFileSync('xclip', ['-selection', 'clipboard', '-in'], { input: path, stdio: ['pipe', 'ignore', 'ignore'] });
    xdotool('key', 'ctrl+v');
    // The first Return may only close the entry's completions.
    await until('end of the file dialog', async () => {
      if (!openDialog()) return true;
      // To the dialog or to nobody: the page behind it would press the button that opened it once more.
      xdotool('windowfocus', '--sync', dialog, 'key', 'Return');
      await until('', () => !openDialog(), 500).catch(() => {});
    });
  },
  script: async (text) => console.log(await script(text)),
  size: (wanted) => resize(...wanted.split('x').map(Number)),
  async page(file) {
    await settled();
    writeFileSync(file, Buffer.from(await inSession('GET', '/screenshot'), 'base64'));
  },
  async screen(file) {
    await settled().catch(() => {}); // a native dialog may hold the page
    execFileSync('import', ['-window', 'root', file]);
  },
};

let status = 0;
try {
  await resize(...size.split('x').map(Number));
  for (const step of steps) {
    const [, verb, argument] = /^([a-z]+):(.*)$/s.exec(step) ?? [];
    if (!doing[verb]) throw new Error(`'${step}' is not a step`);
    try {
      await doing[verb](argument);
    } catch (error) {
      throw new Error(`${step}: ${error.message}`);
    }
  }
} catch (error) {
  status = 1;
  console.error(`screenshot: ${error.message}`);
  const text = await script('return document.body.innerText').catch(() => '');
  if (text) console.error(`The page says:\n${text.replace(/^/gm, '  | ')}`);
  const words = readFileSync(logFile, 'utf8').split('\n').filter((line) => line && !line.includes('Gtk-CRITICAL'));
  if (words.length) console.error(`The app wrote:\n${words.join('\n').replace(/^/gm, '  | ')}`);
} finally {
  await inSession('DELETE', '').catch(() => {});
}
process.exit(status);
