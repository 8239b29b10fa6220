/** "defaultdb.public.userfiles_app_admin" → "userfiles_app_admin". */
export function shortStore(store: string): string {
  return store.slice(store.lastIndexOf(".") + 1);
}
