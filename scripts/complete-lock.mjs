// Writes the packages of other platforms back into ui/package-lock.json.
//
// Native tools publish one optional package a platform. A registry mirror that carries only some of them makes
// 'npm install' leave the others out of the lock file, and 'npm ci' then refuses the whole file, here and everywhere
// else. What npm needs to know of such a package is its exact version and the platform it is for; the version stands in
// its parent, the platform in its name. Run after 'npm install'; '--check' only says whether something is missing.
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../ui/package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));
const systems = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const processors = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];
const libraries = { gnu: 'glibc', gnueabihf: 'glibc', musl: 'musl', musleabihf: 'musl' };

function entry(name, version, parent) {
  const words = name.split('/').at(-1).split('-');
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  const libc = words.flatMap((word) => (os[0] === 'linux' && libraries[word] ? [libraries[word]] : []));
  if (!os.length && !cpu.length) throw new Error(`which platform is ${name} for? Its name does not say`);
  const made = { version, cpu, dev: parent.dev, libc, license: parent.license, optional: true, os };
  return Object.fromEntries(Object.entries(made).filter(([, value]) => value?.length !== 0 && value !== undefined));
}

const added = [];
for (const [at, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const places = [`${at}/node_modules/${name}`, `node_modules/${name}`];
    if (!/^\d/.test(version) || places.some((place) => lock.packages[place])) continue;
    lock.packages[`node_modules/${name}`] = entry(name, version, parent);
    added.push(name);
  }
}
if (process.argv.includes('--check')) {
  if (added.length) console.error(`ui/package-lock.json lacks ${added.join(', ')}. Run: node scripts/complete-lock.mjs`);
  process.exit(added.length ? 1 : 0);
}
const [root, ...others] = Object.entries(lock.packages);
others.sort(([a], [b]) => a.localeCompare(b, 'en'));
lock.packages = Object.fromEntries([root, ...others]);
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
console.log(added.length ? `added ${added.length} packages of other platforms` : 'nothing was missing');
