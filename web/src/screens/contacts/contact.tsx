// One contact.
export function ContactScreen() {
  return null;
}
