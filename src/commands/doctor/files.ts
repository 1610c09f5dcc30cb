import { nodeBackend } from '../../crypto/node-backend.ts';
import { silently } from '../../document/ask-once.ts';
import { smudgeFile } from '../../document/smudge.ts';
import { readSopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { recipientsOf } from '../../keys/key-group.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { FOREIGN_KINDS } from '../../keys/master-key.ts';
import { quotePath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { type CoveredFile, coveredFiles } from '../repository/covered-files.ts';
import { configuredPolicy } from '../repository/keyring.ts';
import { count } from '../terminal/count.ts';
import type { Answer } from './answer.ts';

/** Rules, attributes, and what the index holds of the covered files. */
export async function fileAnswers(io: Io, blobs: BlobReader, keyring: Keyring): Promise<Answer[]> {
  const covered = await coveredFiles(io, blobs, []);
  if (covered.length === 0) return [{ level: 'note', text: 'no tracked file is covered by a rule yet' }];
  const answers: Answer[] = [];
  const about = (level: Answer['level'], files: readonly CoveredFile[], what: string, mend: string) => {
    if (files.length === 0) return;
    const example = files.length === 1 ? '' : `, such as ${quotePath(files[0]?.path ?? '')}`;
    const named = files.length === 1 ? quotePath(files[0]?.path ?? '') : count(files.length, 'covered file');
    answers.push({ level, text: `${named} ${files.length === 1 ? 'is' : 'are'} ${what}${example}`, mend });
  };
  const plain: CoveredFile[] = [];
  const closed: CoveredFile[] = [];
  const ofClouds: CoveredFile[] = [];
  const encrypted: CoveredFile[] = [];
  const broken: CoveredFile[] = [];
  for (const file of covered) {
    const recipients = await recipientsIn(file, blobs, keyring);
    if (recipients === 'plaintext') plain.push(file);
    if (recipients === 'broken') broken.push(file);
    if (typeof recipients === 'string') continue;
    encrypted.push(file);
    const own = await keyring.ownRecipients(recipients);
    if (recipients.some((recipient) => own.includes(recipient))) continue;
    // Whether a cloud would open it for this user nobody can tell without asking it.
    if (recipients.some(isOfCloud)) ofClouds.push(file);
    else closed.push(file);
  }
  const bare = covered.filter(({ filtered }) => !filtered);
  about('bad', bare, 'without the filter attribute', 'git sops init --yes && git add --renormalize .');
  const stored = plain.filter((file) => !bare.includes(file));
  about('bad', stored, 'in the index as plaintext', 'git add --renormalize . ; git sops check HEAD tells of history');
  about(
    'bad',
    broken,
    'broken in the index: changed outside of sops, or damaged, and no reader decrypts that',
    'git sops check says where, and what mends it',
  );
  const own = await keyring.ownRecipients();
  if (own.length > 0) {
    const mend = `git sops join, or ask one of the recipients (git sops status) for git sops recipients add ${own[0]}`;
    about('note', closed, 'not encrypted for you', mend);
  }
  const { network, remote } = await configuredPolicy(io);
  if (network === 'none' && remote.length === 0) {
    about(
      'note',
      ofClouds,
      'for keys of a cloud, which are not asked inside Git',
      'git config --global sops.localKeyservice true',
    );
  }
  if (answers.length > 0) return answers;
  return [
    {
      level: 'ok',
      text: `${count(covered.length, 'tracked file')} covered, ${encrypted.length} encrypted in the index`,
    },
  ];
}

function isOfCloud(recipient: string): boolean {
  return FOREIGN_KINDS.some((kind) => kind !== 'pgp' && recipient.startsWith(`${kind}:`));
}

/** Of the file in the index. What a key that asks for nothing opens is verified. */
async function recipientsIn(
  { path, oid }: CoveredFile,
  blobs: BlobReader,
  keyring: Keyring,
): Promise<string[] | 'plaintext' | 'broken' | 'empty'> {
  const content = (await blobs.read(oid))?.content;
  if (content === undefined || content.length === 0) return 'empty';
  try {
    const file = await readSopsFile(path, content);
    if (file === null) return 'plaintext';
    const { state } = await smudgeFile(path, content, silently(keyring), nodeBackend);
    return state === 'broken' ? 'broken' : recipientsOf(file.metadata.keyGroups);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    return 'broken';
  }
}
