// What an address holds of what is looked for. The router hands on what a screen's own reading of it left out: what is empty goes here.

export function kept<T extends object>(search: T): T {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== '' && value !== undefined)) as T;
}
