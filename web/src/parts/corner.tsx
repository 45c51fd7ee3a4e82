// The corner in which the page speaks up by itself: notices, and pop-ups of calls. It lies above everything. All but an open dialog can
// neither be seen well nor pressed, so the corner is in the dialog for as long as there is one.

import './corner.css';

import { type ReactNode, type RefObject, useEffect, useLayoutEffect } from 'react';
import { createPortal } from 'react-dom';

const corner = document.createElement('div');
corner.className = 'corner';
let shown = false;
/** The last one is on top. */
const dialogs: HTMLElement[] = [];

function settle(): void {
  if (shown) (dialogs.at(-1) ?? document.body).append(corner);
  else corner.remove();
}

export function Corner({ children }: { readonly children: ReactNode }) {
  useLayoutEffect(() => {
    shown = true;
    settle();
    return () => {
      shown = false;
      settle();
    };
  }, []);
  return createPortal(children, corner);
}

/** Takes the corner into a dialog that opens; what comes back lets it go. */
export function adopt(dialog: HTMLElement): () => void {
  dialogs.push(dialog);
  settle();
  return () => {
    dialogs.splice(dialogs.lastIndexOf(dialog), 1);
    settle();
  };
}

/** Keeps the corner above what lies along the bottom of the page. */
export function useFoot(foot: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const below = foot.current;
    if (below === null) return undefined;
    const { style } = document.documentElement;
    const measured = new ResizeObserver(() => style.setProperty('--foot', `${below.offsetHeight}px`));
    measured.observe(below);
    return () => {
      measured.disconnect();
      style.removeProperty('--foot');
    };
  }, [foot]);
}
