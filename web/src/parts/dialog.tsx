// A question that has to be answered first. The browser's own dialog keeps the focus inside and closes on Escape.

import { type ReactNode, useEffect, useId, useRef } from 'react';

import { useWords } from '../words';
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
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
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
          <h2 id={named}>{title}</h2>
          {!firm && <button type="button" className="button quiet" aria-label={t('parts.close')} onClick={close}><Icon name="close" /></button>}
        </header>
        {children}
        {actions !== undefined && <footer>{actions}</footer>}
      </div>
    </dialog>
  );
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
