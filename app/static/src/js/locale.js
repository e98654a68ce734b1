// The few sentences that only the browser can say. Everything else comes from the server in the page's language.

const SENTENCES = {
  no_answer: ['服务器没有给出说明，请稍后再试。', 'The server gave no explanation. Please try again later.'],
  line_lost_now: ['与服务器的连接中断，内容未丢失，请稍后再试。', 'The line to the server is lost. Nothing you entered is lost; try again shortly.'],
  line_lost: ['线路中断，正在自动重连。最后确认的状态：{time}', 'Line lost, reconnecting. Last confirmed state: {time}'],
  incident: ['事件编号 {incident}', 'Incident {incident}'],
  days_left: ['还有 {days} 天 {hours} 小时', '{days} d {hours} h left'],
  time_left: ['还有 {time}', '{time} left'],
  time_up: ['时间已到', 'Time is up'],
  weekday_days: ['{weekday}，距今 {days} 天', '{weekday}, {days} days from today'],
  days_wrong: ['请输入 1 至 99999 之间的整数天数', 'Enter whole days, 1 to 99999'],
  opening_unfit: ['“{label}”不能超过 {most} 个字，也不能含有控制字符', '“{label}” may have {most} characters at most, and no control characters'],
  price_over: ['报价高于最高限价 {most} 元，提交后将被否决。请核对', 'The price is above the ceiling of {most} yuan and would be rejected. Check it'],
  money_wrong: ['请输入金额，例如 1566000.00（最多两位小数）', 'Enter an amount such as 1566000.00 (at most two decimals)'],
  capital_wrong: ['无法读出大写金额，请按“壹佰伍拾陆万陆仟元整”的格式填写', 'The amount in words cannot be read; write it like 壹佰伍拾陆万陆仟元整'],
  capital_same: ['读作 {words} 元，与小写一致', 'Reads {words} yuan, the same as the figures'],
  capital_differs: [
    '大小写不一致：大写读作 {words} 元，小写是 {figures} 元。请核对后改正',
    'Words and figures differ: the words read {words} yuan, the figures {figures} yuan. Check and correct them',
  ],
  key_missing: ['本机没有您的签名密钥。请先制作或导入。', 'Your signing key is not on this machine. Make or import it first.'],
  seat_key_missing: ['本机没有本席位的签名密钥。请回到签到的那台电脑，或请见证人重新办理签到。', 'The key of this seat is not on this machine. Go back to the one you signed in at, or ask the witness to let you sign in anew.'],
  my_key: ['我的密钥', 'My keys'],
  not_secure: ['签名和加密只能在 https 或本机地址下进行。', 'Signing and sealing need https or a local address.'],
  signing: ['正在签名…', 'Signing…'],
  sending: ['正在提交…', 'Sending…'],
  typed_restored: ['已恢复您在本机填写、尚未提交的内容。', 'What you typed on this machine and have not sent yet is back.'],
  typed_clear: ['清除', 'Clear it'],
  news: ['有新的进展。您填写的内容已保留，可以先填完。', 'Something has changed. What you typed is kept; you may finish it first.'],
  refresh: ['刷新', 'Refresh'],
  comment_waits: ['评语将与分数一并保存', 'The comment is saved with the score'],
  paper_loading: ['正在打开文件…', 'Opening the file…'],
  paper_no_pdf: ['这份文件不是 PDF，席位上不能显示。', 'This file is no PDF and cannot be shown at a seat.'],
  paper_locked: ['这份文件设有打开密码，不能显示。', 'This file asks for a password and cannot be shown.'],
  paper_damaged: ['这一页不能显示：文件损坏或者不是规范的 PDF。', 'This page cannot be shown: the file is damaged, or no proper PDF.'],
  paper_no_text: ['这一页是图片，没有可查找的文字。', 'This page is a picture without text that could be searched.'],
  paper_page: ['第 {page} 页，共 {pages} 页', 'Page {page} of {pages}'],
  paper_searching: ['正在查找，第 {page} 页…', 'Searching, page {page}…'],
  paper_not_found: ['没有找到“{word}”', '“{word}” was not found'],
  accepted: ['已提交。', 'Accepted.'],
  key_none: ['本机还没有密钥。请先制作新密钥，再申请证书。', 'No key is on this machine yet. Make one, then ask for its certificate.'],
  key_certified: ['本机的密钥已有您的证书，可以签名。', 'The key on this machine has your certificate; you can sign.'],
  key_uncertified: [
    '密钥已保存在本机浏览器中，但还没有您的证书。如果它是您的密钥，请申请证书。',
    'The key is kept in this browser but has no certificate of yours. If it is your key, ask for its certificate.',
  ],
  key_file_wrong: ['无法读取该文件。需要未加密的 PKCS#8 PEM 格式 P-256 私钥。', 'The file cannot be read. It must be an unencrypted PKCS#8 PEM with a P-256 key.'],
  bid_key_wrong: ['该文件不是加密这份投标时保存的密钥，未提交任何内容。请找回原文件。', 'This file is not the key that this bid was sealed to; nothing was sent. Find the original.'],
  saved_at: ['已保存 {time}', 'Saved {time}'],
  saving: ['正在保存…', 'Saving…'],
  score_waiting: ['线路恢复后自动保存', 'Will be saved when the line is back'],
  saved_elsewhere: ['已在另一窗口保存', 'Saved in another window'],
  score_stays: ['（仍按已保存的 {score} 计）', ' (the saved {score} still counts)'],
  score_bands: ['，并在公布的档次之内：{bands}', ', and within a published band: {bands}'],
  or: [' 或 ', ' or '],
  desk_elsewhere: ['本席位的评分台已在另一个窗口打开（{time}），这个窗口不再保存。您在这里输入的内容都在，由那个窗口保存。', 'The scoring desk of this seat was opened in another window ({time}); this one saves no more. What you typed here is kept, and saved by that window.'],
  score_range: ['请输入 0 至 {full} 之间、{step} 的倍数', 'Enter 0 to {full} in steps of {step}'],
  not_submitted: ['尚未提交', 'NOT SUBMITTED'],
  not_submitted_text: ['在看到回执之前，本次投标不算提交。', 'Until the receipt is here, this bid is not submitted.'],
  not_replaced: ['新的投标尚未提交', 'NEW BID NOT SUBMITTED'],
  not_replaced_text: [
    '您已有一份有效投标（回执编号 {receipt}）。看到新回执之前它一直有效，新回执出具时即被替换。',
    'Your bid with receipt {receipt} stands. It stays valid until the new receipt is here, and is replaced at that moment.',
  ],
  submitted: ['已提交 {time}', 'SUBMITTED {time}'],
  submitted_text: ['回执编号 {receipt}，密文 {size}。截止之前可以替换或撤回。', 'Receipt {receipt}, {size} sealed. You can replace or withdraw it until the deadline.'],
  receipt_malformed: ['平台的答复不是完整的回执', 'The platform’s answer is no complete receipt'],
  receipt_unsigned: ['回执上没有平台密钥的有效签名', 'The receipt does not bear a valid signature of the platform’s key'],
  receipt_differs: ['回执中的{field}是 {found}，本机是 {expected}', 'The receipt’s {field} is {found}, on this machine it is {expected}'],
  receipt_certificate: ['回执随附的不是本页面给出的平台证书', 'The receipt does not come with the platform certificate that this page names'],
  receipt_unproven: [
    '因此不能视为已提交。密文仍在本机：请刷新页面后点击“继续上传”，重发同一份提交；仍然不符的，请保留本页并在截止之前联系交易中心。',
    'The bid therefore does not count as submitted. The sealed file is still on this machine: reload the page and press “Go on uploading”, which sends the same submission again; if it still differs, keep this page and call the centre before the deadline.',
  ],
  field_key_id: ['签名密钥', 'signing key'],
  field_submission_sha256: ['提交声明摘要', 'hash of the submission'],
  field_origin: ['平台', 'platform'],
  field_tender: ['项目编号', 'project number'],
  field_lot: ['标包', 'lot'],
  field_bidder: ['投标人', 'bidder'],
  field_bid_root: ['密文摘要', 'digest of the sealed file'],
  field_bid_size: ['密文大小', 'size of the sealed file'],
  measuring: ['正在计算文件摘要', 'Hashing your files'],
  sealing: ['正在本机加密', 'Sealing on this machine'],
  uploading: ['正在上传密文', 'Uploading the sealed file'],
  speed: ['{done} / {total} · 每秒 {rate} · 约剩 {left}', '{done} / {total} · {rate} per second · about {left} left'],
  seconds: ['{n} 秒', '{n} s'],
  minutes: ['{n} 分钟', '{n} min'],
  resume: ['本机有一份已加密、未提交的投标（{size}）。可以继续上传，不必重新加密。', 'A sealed bid that was not submitted is on this machine ({size}). You can go on uploading it.'],
  sealed_gone: [
    '本机已没有这份密文，可能已在另一窗口提交、重新加密或退出登录。请刷新页面。',
    'The sealed file is no longer on this machine: it may have been submitted, sealed anew or logged out of in another window. Reload the page.',
  ],
  restore_missing: ['请选择密文和密钥封装两个文件', 'Choose both files: the sealed file and the capsule'],
  restore_size_differs: [
    '密文大小不符：所选文件 {found}，回执记载 {expected}。未上传任何内容；请找回提交时保存的原件。',
    'The sealed file has another size: chosen {found}, on the receipt {expected}. Nothing was uploaded; find the original.',
  ],
  restore_file_differs: [
    '密文与回执不符：所选文件的摘要是 {found}，回执记载 {expected}。未上传任何内容；请找回提交时保存的原件。',
    'The sealed file differs from the receipt: its digest is {found}, on the receipt {expected}. Nothing was uploaded; find the original.',
  ],
  restore_capsule_differs: [
    '密钥封装与提交声明不符。未上传任何内容；请找回提交时保存的原件。',
    'The capsule differs from the one in the submission. Nothing was uploaded; find the original.',
  ],
  committee_differs: ['页面给出的受托方公钥与其编号不符，已停止加密。请联系交易中心。', 'The trustees’ public key does not match its id. Sealing has stopped; contact the centre.'],
  chain_differs: ['页面给出的 drand 链与其散列值不符，已停止加密。请联系交易中心。', 'The drand chain does not match its hash. Sealing has stopped; contact the centre.'],
  ident_differs: ['页面给出的开启标识与本标包不符，已停止加密。请联系交易中心。', 'The opening identity does not match this lot. Sealing has stopped; contact the centre.'],
  files_missing: ['请选择投标文件', 'Choose the files of your bid'],
  files_too_large: ['文件合计 {size}，超过上限 {limit}', 'The files total {size}, more than the limit of {limit}'],
  file_empty: ['文件 {name} 是空的（0 字节）。请检查后重新选择', 'The file {name} is empty (0 bytes). Check it and choose again'],
  pages_wrong: ['请写成“文件名.pdf 12-15”，文件须在所选文件之中', 'Write “file.pdf 12-15”; the file must be among the chosen ones'],
  file_name_wrong: ['文件名不能使用：{name}', 'This file name cannot be used: {name}'],
  opening_missing: ['请填写{label}', 'Fill in: {label}'],
  draw_value_missing: ['本机没有保存本轮的随机数。请用提交承诺的那台机器和浏览器公开。', 'This machine does not hold the bytes of this round. Reveal them from the machine and browser that committed.'],
  draw_checking: ['正在验算…', 'Computing the draw again…'],
  draw_check_title: ['第 {round} 轮及此前各轮的验算', 'Round {round} and those before it, computed again'],
  draw_same: ['验算一致：本机算出的号码与公布的相同。', 'The same: this browser computed the very numbers that were published.'],
  draw_differs: ['验算不一致，请保存记录并向监督部门反映。', 'It differs. Keep the record and tell the supervisor.'],
  draw_not_compared: ['未发现错误，但标“?”的内容没有比对，不能算通过。', 'Nothing is wrong, but what is marked “?” was not compared: this is not ok.'],
  draw_malformed: ['记录不符合格式，不予认可（{place}）。请保存记录并向监督部门反映。', 'This is not the form of a record, so it is refused ({place}). Keep it and tell the supervisor.'],
  draw_check_source: [
    '受托方编号取自本页随附的、已签名公布的招标条款（双随机检查为年度计划）。本页来自平台，请再与您手中的招标文件或者计划核对；不经平台的核验见“核验”页的独立程序。',
    'The committee’s id is the one in the signed and published terms (of inspections: in the plan of the year), as this page holds them. The page itself comes from the platform: compare the id with the documents that you keep, or use the program of the page “Verify”.',
  ],
  draw_check_round: ['第 {round} 轮', 'Round {round}'],
  draw_check_about: ['项目 {tender}，标包 {lot}，用途 {purpose}', 'Tender {tender}, lot {lot}, purpose {purpose}'],
  draw_check_committee: ['签署各轮的受托方就是已公布的 {committee}', 'Every round was signed for by the published committee, {committee}'],
  draw_check_rounds: ['从第一轮起的记录齐全、没有重复', 'The records are complete from round 1, none twice'],
  draw_check_purpose: ['声明正是为这个项目、标包和用途而作', 'The statement is about this tender, lot and purpose'],
  draw_check_pool: ['名单与声明中的摘要一致、按号码排列、无重复', 'The pool matches its hash in the statement, in order, nobody twice'],
  draw_check_commitments: ['各方公开的随机数与承诺一致', 'Every revealed value matches its commitment'],
  draw_check_key: ['公钥属于声明写明的受托方', 'The public key is that of the committee in the statement'],
  draw_check_signature: ['受托方签署的正是这份声明', 'The trustees signed this very statement'],
  draw_numbers: ['本机算出的号码：{numbers}', 'Numbers computed here: {numbers}'],
  draw_check_numbers: ['按票号重新排序得出相同的号码和备选', 'The tickets give the same numbers, and the same reserve'],
  draw_check_link: ['与上一轮的记录相连', 'It continues the record of the round before'],
  draw_check_kept: ['与第一轮同一名单、受托方和各方', 'Pool, committee and parties are those of round 1'],
  draw_check_before: ['此前抽中或回避的人都不再参加', 'Nobody drawn or recused before could be drawn again'],
  draw_check_seats: ['只补抽第一轮设定的名额', 'It refills seats of round 1 alone'],
  draw_check_unused: ['没有重复使用承诺', 'No commitment is used again'],
  draw_check_second: ['第二人对重抽的签名：记录中无从核对', 'The second person’s signature for the further round: a record does not show it'],
  report_fetching: ['正在取得待签文件…', 'Fetching the document to sign…'],
  report_differs: ['待签内容与文件不符，已停止签名。请联系现场人员。', 'What is to be signed does not match the document. Signing has stopped; call the staff.'],
};

export const language = () => (globalThis.document?.documentElement.lang === 'en' ? 'en' : 'zh');

/** The sentence of that name in the page's language, with its facts. */
export function say(name, facts = {}) {
  const sentence = SENTENCES[name][language() === 'en' ? 1 : 0];
  return sentence.replace(/\{(\w+)\}/g, (_, fact) => facts[fact]);
}

/** Binary sizes as people read them: `18.0 MiB`. */
export function bytesInWords(count) {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(count, 1)) / 10));
  return `${(count / 1024 ** power).toFixed(power ? 1 : 0)} ${units[power]}`;
}

/** A duration rounded up to seconds, or to minutes from two minutes on. */
export function durationInWords(seconds) {
  return seconds < 120 ? say('seconds', { n: Math.ceil(seconds) }) : say('minutes', { n: Math.ceil(seconds / 60) });
}
