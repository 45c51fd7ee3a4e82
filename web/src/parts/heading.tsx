// What a screen is called: its heading, the page's title, and where the focus goes when somebody comes to it, so that it is read out.

import { type ReactNode, useEffect, useRef } from 'react';

/** Somebody comes to a screen whose heading is not there yet. */
let awaited = false;
let latest: HTMLHeadingElement | undefined;

export function Heading({ children }: { readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  // What it says may change while it is shown.
  useEffect(() => {
    const shown = heading.current;
    if (shown === null) return;
    latest = shown;
    document.title = `${shown.textContent.trim()} · karnay`;
    if (awaited) arrive();
  });
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>;
}

/** Called when a screen is shown in the place of another. */
export function arrive(): void {
  awaited = latest?.isConnected !== true;
  if (!awaited) latest?.focus({ preventScroll: true });
}

/** Whichever heading is shown next is come to. */
export function expectArrival(): void {
  awaited = true;
}
