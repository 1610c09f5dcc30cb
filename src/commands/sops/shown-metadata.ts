import { isConflict, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { loadFormat } from '../../format/by-path.ts';
import type { Changeable } from './change.ts';

/**
 * The file as `edit --show-master-keys` shows it: its metadata below its plaintext. They are there to be read. sops takes what is
 * changed in them as it stands, and a recipient that is written there by hand gets no data key.
 * @throws GitSopsError `no-metadata-to-show` for a binary file and for a conflict
 */
export async function withShownMetadata(changeable: Changeable, file: SopsFile): Promise<Changeable> {
  const { name } = changeable.input;
  const { parsed } = file;
  const { metadata } = parsed;
  const format = await loadFormat(changeable.format);
  if (metadata === null || format.name === 'binary' || isConflict(file)) {
    throw new GitSopsError('no-metadata-to-show', { file: name });
  }
  const nothing = () => false;
  const tokens = { token: () => '', metadata, like: format === file.format ? parsed : null };
  const shown = (plaintext: Uint8Array) => format.parse(plaintext).view(nothing).seal(tokens);
  return {
    ...changeable,
    plaintext: shown(changeable.plaintext),
    written: async (edited) => {
      const read = format.parse(edited);
      if (JSON.stringify(read.metadata) !== JSON.stringify(metadata)) {
        throw new GitSopsError('metadata-edited', { file: name });
      }
      return changeable.written(read.view(nothing).open({ plaintext: () => null, layout: [] }));
    },
  };
}
