/**
 * Keeps what a field holds out of the document's markup. React mirrors the value of a controlled field into its
 * `value` attribute (of a text area into its text), where a typed password would be found by whatever reads or copies
 * the page. To be called once, when the field is mounted.
 */
export function unmirrored(field: HTMLInputElement | HTMLTextAreaElement): void {
  const { value } = field;
  if (field instanceof HTMLTextAreaElement) field.textContent = "";
  else field.removeAttribute("value");
  if (field.value !== value) field.value = value;
  // React writes the mirror where it differs from the value; this one never does.
  Object.defineProperty(field, "defaultValue", {
    configurable: true,
    get: () => field.value,
    set: () => {},
  });
}
