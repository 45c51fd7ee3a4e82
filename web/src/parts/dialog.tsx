// A question that has to be answered first. The browser's own dialog keeps the focus inside and closes on Escape.

import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

import { useWords } from '../words';
import { adopt } from './corner';
import { Icon } from './icon';

interface DialogProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly close: () => void;
  /** Buttons, the one that does it last. */
  readonly actions?: ReactNode;
  readonly wide?: boolean;
  /** Only its own buttons close it: what it shows is not shown again. */
  readonly firm?: boolean;
}

/** Shown for as long as it is there. */
export function Dialog({ title, children, close, actions, wide = false, firm = false }: DialogProps) {
  const t = useWords();
  const named = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Before it leaves the page: the browser gives the focus back to what had it only from a dialog that is there.
  useLayoutEffect(() => {
    const shown = dialog.current;
    if (shown === null) return undefined;
    shown.showModal();
    begin(shown);
    const letGo = adopt(shown);
    return () => {
      letGo();
      shown.close();
      if (document.activeElement === document.body) document.getElementById('content')?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={named}
      onCancel={(event) => {
        event.preventDefault();
        if (!firm) close();
      }}
      onClick={(event) => {
        if (event.target === dialog.current && !firm) close();
      }}
    >
      <div className="dialog-body">
        <header>
          <h2 id={named} tabIndex={-1}>{title}</h2>
          {!firm && <button type="button" className="button quiet" aria-label={t('parts.close')} onClick={close}><Icon name="close" /></button>}
        </header>
        {children}
        {actions !== undefined && <footer>{actions}</footer>}
      </div>
    </dialog>
  );
}

/** With what is to be filled in; where there is nothing, with the button that changes nothing, and never with the one that closes. */
function begin(dialog: HTMLDialogElement): void {
  const first = ['input:enabled, select:enabled, textarea:enabled', 'footer button:enabled', 'h2'].map((one) => dialog.querySelector<HTMLElement>(one));
  first.find((one) => one !== null)?.focus({ preventScroll: true });
}

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly busy?: boolean;
  readonly confirm: () => void;
  readonly close: () => void;
}

export function Confirm({ title, text, action, busy = false, confirm, close }: ConfirmProps) {
  const t = useWords();
  return (
    <Dialog
      title={title}
      close={close}
      actions={
        <>
          <button type="button" className="button" onClick={close}>{t('parts.cancel')}</button>
          <button type="button" className="button danger" disabled={busy} onClick={confirm}>{action}</button>
        </>
      }
    >
      <p>{text}</p>
    </Dialog>
  );
}
