// What a person would point at: the first visible element of one of these roles that bears this name. Shared by the
// desktop tests and scripts/screenshot, and run inside the page, where the accessible names are.
//
// roles: ARIA roles separated by spaces, or '*' for any text on the page. name: the accessible name, in full; when no
// element has it in full, the first that contains it. An empty name takes the first of the role.
// within: the accessible name of a region, dialog, row or other landmark to look in, or '' for the whole page.
// A control that is disabled, for now or until something is loaded, is not found: it cannot be used.
// An open modal dialog hides the page behind it, for this search as for a person.
(roles, name, within) => {
  const native = {
    button: 'button, input[type=submit], input[type=button], summary',
    link: 'a[href]',
    textbox: 'input:not([type]), input[type=text], input[type=password], input[type=search], input[type=email], input[type=url], textarea',
    checkbox: 'input[type=checkbox]',
    radio: 'input[type=radio]',
    combobox: 'select',
    heading: 'h1, h2, h3, h4, h5, h6',
    region: 'section[aria-label], section[aria-labelledby]',
    form: 'form',
    navigation: 'nav',
    main: 'main',
    table: 'table',
    row: 'tr',
    cell: 'td',
    list: 'ul, ol',
    listitem: 'li',
    progressbar: 'progress',
    option: 'option',
    dialog: 'dialog[open]',
  };
  const landmarks = 'region form dialog alertdialog navigation main row listitem table grid group article';
  const clean = (text) => (text ?? '').replace(/\s+/g, ' ').trim();
  const visible = (element) => {
    const target = element.matches('input[type=checkbox], input[type=radio]') ? (element.closest('label') ?? element) : element;
    return !element.closest('[inert], [aria-hidden=true]') && target.checkVisibility({ visibilityProperty: true }) && target.getClientRects().length > 0;
  };
  const usable = (element) => !element.matches(':disabled, [aria-disabled=true]');
  const named = (element) => {
    const ids = element.getAttribute('aria-labelledby');
    if (ids) return clean(ids.split(/\s+/).map((id) => document.getElementById(id)?.textContent).join(' '));
    if (element.hasAttribute('aria-label')) return clean(element.getAttribute('aria-label'));
    if (element.labels?.length) return clean([...element.labels].map((label) => label.textContent).join(' '));
    return clean(element.innerText) || clean(element.title) || clean(element.placeholder) || clean(element.value);
  };
  const ofRoles = (root, list) => {
    if (list === '*') return [...root.querySelectorAll('*')].filter((element) => clean(element.innerText));
    const selectors = list.split(' ').flatMap((role) => [`[role=${role}]`, native[role] ? `:is(${native[role]}):not([role])` : []]).flat();
    return [...root.querySelectorAll(selectors.join(', '))];
  };
  const search = (root, list, wanted) => {
    const seen = ofRoles(root, list).filter((element) => visible(element) && usable(element));
    if (!wanted) return seen[0] ?? null;
    if (list === '*') {
      // The innermost element with the text: what stands around it contains the text as well.
      const holding = seen.filter((element) => clean(element.innerText).includes(wanted));
      return holding.find((element) => !holding.some((other) => other !== element && element.contains(other))) ?? null;
    }
    return seen.find((element) => named(element) === wanted) ?? seen.find((element) => named(element).includes(wanted)) ?? null;
  };
  const modal = [...document.querySelectorAll('[role=dialog], [role=alertdialog], dialog:modal')].filter(visible).at(-1);
  // A menu or list that a dialog opened is laid beside the dialog in the document, not inside it.
  const popover = [...document.querySelectorAll('[role=listbox], [role=menu]')].filter(visible).at(-1);
  for (const top of [popover, modal, document.body]) {
    if (!top) continue;
    const root = within ? (named(top) === within ? top : search(top, landmarks, within)) : top;
    const found = root && search(root, roles, name);
    // The box or dot that is drawn stands beside an input that cannot be seen: a person clicks the label.
    if (found) return found.matches('input[type=checkbox], input[type=radio]') ? (found.closest('label') ?? found) : found;
    if (top === modal) return null;
  }
  return null;
}
