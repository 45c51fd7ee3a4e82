// Telephone numbers, in groups that can be read aloud. What is copied or searched for is the number itself.

/** Uzbek numbers in the groups that people there know; others as they are. An exchange writes them without the plus, which people miss. */
export function grouped(number: string): string {
  const match = /^\+?(998)(\d{2})(\d{3})(\d{2})(\d{2})$/.exec(number);
  return match === null ? number : `+${match.slice(1).join(' ')}`;
}

export function Phone({ number }: { readonly number: string }) {
  return <span className="phone">{number === '' ? '-' : grouped(number)}</span>;
}
