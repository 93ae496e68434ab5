// The words that elements show, in English. A word that a language lacks is shown in English.

import { ideas } from './ideas.js';

export const en = {
  loading: 'Loading the engine…',
  downloading: (/** @type {string} */ loaded, /** @type {string | null} */ total) =>
    total ? `Loading the model: ${loaded} of ${total}` : `Loading the model: ${loaded}`,
  toDownload: (/** @type {string} */ size) => `The first run downloads ${size}.`,
  drawing: 'Drawing…',
  drawn: (/** @type {number} */ count, /** @type {string} */ ms, /** @type {string} */ device) =>
    `${count} ${count === 1 ? 'digit' : 'digits'} in ${ms} ms on the ${device}`,
  stopped: 'Stopped.',
  failed: (/** @type {string} */ message) => `That did not work: ${message}`,
  retry: 'Try again',
  stop: 'Stop',
  gpu: 'GPU',
  emulatedGpu: 'emulated GPU',
  cpu: 'CPU',
  cpuWithoutGpu: 'CPU (no GPU is available in this browser)',
  noGpu: 'no GPU is available in this browser',
  digits: 'Handwritten digits',
  digit: (/** @type {string} */ what, /** @type {number} */ percent) => `${what}, judged ${percent}% real`,
  number: 'Number',
  write: 'Write it',
  seed: 'Seed',
  redraw: 'New digits',
  apply: 'Use this seed',
  download: 'Download PNG',
  verdict: 'The bar under each digit is the discriminator’s verdict: how sure it is that a person wrote it.',
  walk: 'Walk the latent space',
  walkHint: 'Pick two digits above to walk from one to the other.',
  walkPosition: 'Position between the two digits',
  play: 'Play',
  pause: 'Pause',
  from: 'From',
  to: 'To',
  badNumber: 'Enter 1 to 64 digits (0 to 9).',

  // <hearth-text>
  prompt: 'Beginning',
  promptHint: 'Write the beginning of a story…',
  presets: 'Examples',
  /** @type {Record<string, string>} */
  presetTitles: {
    fox: 'A little fox',
    lighthouse: 'The old lighthouse',
    robot: 'A robot and a door',
    artificial: 'Artificial intelligence',
    galaxy: 'A distant galaxy',
  },
  writeText: 'Write',
  writing: 'Writing…',
  reading: (/** @type {number} */ percent) => `Reading the beginning: ${percent}%`,
  searching: 'Searching for the best text…',
  written: (/** @type {number} */ tokens, /** @type {string} */ seconds, /** @type {string} */ device) =>
    `${tokens} ${tokens === 1 ? 'token' : 'tokens'} in ${seconds} s on the ${device}`,
  speed: (/** @type {string} */ rate) => `${rate} tokens/s`,
  goOn: 'Continue',
  regenerate: 'Another one',
  textLabel: 'The text, token by token',
  lookInside: 'Look inside',
  insideMode: 'Show',
  probabilities: 'Probabilities',
  attention: 'Attention',
  expected: 'expected',
  surprising: 'surprising',
  probabilitiesHint:
    'The more strongly a token is marked, the less likely it was. Point at a token, or move to it with the arrow keys, to see the alternatives. Pick one, and the text continues from there.',
  noProbabilities:
    'Beam search scores whole texts, so single tokens have no probabilities. Attention still works.',
  attentionHint:
    'Point at a token, or move to it with the arrow keys, to see which earlier tokens this head attends to when it reads it.',
  layer: 'Layer',
  head: 'Head',
  looksAt: (/** @type {string} */ token) => `“${token}” attends most to:`,
  token: (/** @type {string} */ text, /** @type {string | null} */ probability) =>
    probability ? `${text}, ${probability}` : text,
  noAlternatives: 'No alternatives were recorded here.',
  pickHint: 'It could have been:',
  endOfText: 'end of the text',
  partOfCharacter: 'part of a character',
  optionsTitle: 'Options',
  optionsHint: 'Used for the next text. Leave a field empty for the model’s default.',
  optionGroups: {
    length: 'Length and ending',
    drawing: 'Sampling',
    repetition: 'Repetition and banned words',
    several: 'Several texts and beam search',
    telling: 'Output',
  },
  /** A sentence for each option. @type {Record<string, string>} */
  options: {
    max_new_tokens: 'Maximum number of tokens to write.',
    max_length: 'Maximum number of tokens including the beginning; not together with max_new_tokens.',
    min_new_tokens: 'Minimum number of tokens before the text may end.',
    exponential_decay_length_penalty:
      'Two numbers, such as 100 1.01: after that many tokens, each further one makes the end likelier by that factor.',
    eos_token_id: 'IDs of the tokens that end a text.',
    stop_strings: 'The text ends after any of these; one per line.',
    return_full_text: 'Whether the text in this element’s events includes the beginning.',
    do_sample: 'Draw each token at random by its probability; otherwise always take the most likely one.',
    temperature: 'Below 1: safer. Above 1: wilder.',
    top_k: 'Sample only from this many of the most likely tokens; 0 means all.',
    top_p: 'Sample only from the most likely tokens whose probabilities add up to this.',
    min_p: 'Sample only from tokens at least this fraction as likely as the most likely one.',
    typical_p: 'Sample only from the most typical tokens whose probabilities add up to this.',
    repetition_penalty: 'Above 1: tokens already in the text become less likely.',
    no_repeat_ngram_size: 'No sequence of this many tokens may repeat; 0 turns this off.',
    bad_words: 'Words that never appear; one per line.',
    num_return_sequences: 'Number of texts to write.',
    num_beams: 'Follow this many candidate texts at once and keep the most probable.',
    length_penalty: 'Beam search: above 0 favours long texts, below 0 short ones.',
    early_stopping:
      'Beam search: “true” ends as soon as there are enough texts, “never” only when no better one is possible.',
    top_logprobs: 'Number of alternatives to list for each token.',
  },

  // <hearth-image>
  imageMode: 'Mode',
  imageModes: { noise: 'From noise', picture: 'From a picture', compare: 'Compare schedulers' },
  draw: 'Draw',
  compare: 'Compare',
  /** The name of each option. */
  imageOptions: {
    prompt: 'Prompt',
    negative_prompt: 'Negative prompt',
    class_labels: 'Class',
    num_inference_steps: 'Steps',
    scheduler: 'Scheduler',
    eta: 'Eta',
    guidance_scale: 'Guidance',
    height: 'Height',
    width: 'Width',
  },
  imagePromptHint: 'A fox on a hill at night…',
  imageIdeas: /** @type {import('../image/ideas.js').Ideas} */ (ideas.en),
  earlierPictures: 'Drawn before',
  promptKeys: 'Ctrl + Enter draws it.',
  promptUnderstood: (/** @type {string} */ caption) => `Drawn as: “${caption}”`,
  promptCut: (/** @type {string} */ text) => `Too long for the model, which did not read: “${text.trim()}”`,
  writePrompt: 'First write what to draw.',
  anyClass: 'any',
  modelsOwn: (/** @type {string} */ name) => `${name} (default)`,
  random: 'random',
  noisySample: 'Noisy sample',
  startsFrom: 'Starting point',
  guess: 'The model’s guess',
  wordsOfPrompt: 'The words of the prompt',
  noWord: 'Picture only',
  wordMapsHint:
    'Choose a word to see which parts of the picture attend to it: the lighter, the more. The slider goes through the steps; the finished picture shows the mean of them all. Point at a part of the picture to see which words it attends to.',
  withoutAttention: 'While this picture was drawn, its attention was not kept.',
  drawWithAttention: 'Draw it again and keep its attention',
  nextWithAttention: 'The attention of the next picture will be shown here.',
  attendsTo: 'Attends to:',
  pointAtPicture: 'The picture. Arrow keys move the point whose words are shown',
  drawAnother: 'A picture drawn by the model. Press to draw another',
  step: 'Step',
  stepOf: (/** @type {number} */ step, /** @type {number} */ steps, /** @type {number} */ timestep) =>
    `Step ${step} of ${steps}, timestep ${Math.round(timestep)}`,
  denoising: (/** @type {number} */ step, /** @type {number} */ steps) => `Step ${step} of ${steps}`,
  denoised: (/** @type {number} */ steps, /** @type {string} */ seconds, /** @type {string} */ device) =>
    `${steps} ${steps === 1 ? 'step' : 'steps'} in ${seconds} s on the ${device}`,
  downloadAnimation: 'Download animation',
  animating: 'Making the animation…',
  animated: 'The animation has been downloaded as an animated PNG.',
  editPicture: 'Edit this picture',
  compared: 'The same noise, four schedulers',
  comparing: (/** @type {string} */ scheduler) => `Drawing with ${scheduler}…`,
  comparedIn: (/** @type {string} */ seconds, /** @type {string} */ device) =>
    `Four schedulers in ${seconds} s on the ${device}`,
  compareHint:
    'All four start from the same noise. They run one after another, so that each is timed on its own.',
  progressOfAll: 'Progress of all four',
  pictureBy: (/** @type {string} */ scheduler) => `Picture by ${scheduler}`,
  taking: (/** @type {number} */ step, /** @type {number} */ steps, /** @type {string} */ seconds) =>
    `${step} of ${steps}, ${seconds} s`,
  took: (/** @type {number} */ steps, /** @type {string} */ seconds) =>
    `${steps} ${steps === 1 ? 'step' : 'steps'}, ${seconds} s`,
  sketch: 'Your picture. Arrow keys move the pen; the space bar lowers and lifts it',
  sketchHint: 'Draw here, or drop or paste a picture. With the keyboard: arrow keys and space bar.',
  emptySketch: 'Draw something first, open a picture, or let the model draw one.',
  nothingMarked: 'First mark the part to repaint, with “Mark” above.',
  tool: 'Tool',
  tools: { draw: 'Draw', erase: 'Erase', mark: 'Mark', unmark: 'Unmark' },
  brush: 'Brush',
  colour: 'Colour',
  openPicture: 'Open…',
  samplePicture: 'Let the model draw',
  invert: 'Invert',
  undo: 'Undo',
  clear: 'Clear',
  edit: 'Edit',
  edits: { noise: 'Add noise', vary: 'Vary', repaint: 'Repaint', enlarge: 'Enlarge' },
  goes: {
    noise: 'Remove the noise',
    vary: 'Vary it',
    repaint: 'Repaint the marked part',
    enlarge: 'Enlarge it',
  },
  noiseForm: 'Noise formula',
  noiseForms: { schedule: 'Model’s schedule', continuous: 'Continuous' },
  noise: (/** @type {string} */ t) => `Noise: t = ${t}`,
  strength: (/** @type {string} */ strength) => `Strength: ${strength}`,
  jumpTimes: 'Repeats',
  jumpLength: 'Steps back',
  factor: 'Downscale factor',
  follows: (/** @type {number} */ percent) => `Follow the picture for ${percent}% of the steps`,
  /** @type {Record<string, string>} */
  editHints: {
    vary: 'Noise is added to the picture, and the model removes it again. The higher the strength, the less of the original remains.',
    repaint:
      'Only the marked part changes. Going over the same steps several times blends it in with the rest.',
    repaintOnce:
      'Only the marked part changes, into what the prompt says. At strength 1 nothing of what was there is left.',
    enlarge:
      'The model gets only a small copy of the picture, as shown. It draws a picture that matches this copy when scaled down.',
  },

  // <hearth-training>
  train: 'Train',
  oneStep: 'One step',
  startOver: 'Start over',
  loadingData: (/** @type {string} */ loaded, /** @type {string | null} */ total) =>
    total ? `Loading the pictures: ${loaded} of ${total}` : `Loading the pictures: ${loaded}`,
  preparing: 'Preparing the training…',
  readyToTrain: (/** @type {number} */ count, /** @type {string} */ device) =>
    `Ready: ${count.toLocaleString('en')} pictures to learn from, on the ${device}.`,
  training: 'Training. It goes on while this tab is in the background.',
  pausedAt: (/** @type {number} */ step) => `Paused after step ${step.toLocaleString('en')}.`,
  stepCount: (/** @type {number} */ step, /** @type {string | null} */ rate) =>
    `Step ${step.toLocaleString('en')}${rate === null ? '' : ` · ${rate} steps/s`}`,
  deviceLost: (/** @type {number} */ step) =>
    `The GPU was lost, and is there again. Training goes on from step ${step.toLocaleString('en')}.`,
  diverged:
    'The numbers have grown beyond all bounds: the training diverged. What was learnt before is still there. Lower the learning rate and go on, or start over.',
  realPictures: 'Real pictures from the data',
  fakePictures: (/** @type {number} */ count) =>
    `The generator’s ${count} pictures, always from the same noise`,
  fakeAt: (/** @type {number} */ step) => `The generator’s pictures after step ${step}`,
  momentOf: (/** @type {number} */ step, /** @type {boolean} */ isLatest) =>
    isLatest ? `Moment: the latest, step ${step}` : `Moment: step ${step}`,
  lossPlot: 'Losses',
  ofDiscriminator: 'discriminator',
  ofGenerator: 'generator',
  runBefore: 'the run before',
  picturesBefore: (/** @type {number} */ step) => `The run before, at step ${step.toLocaleString('en')}`,
  verdictPlot: 'How real the discriminator finds them',
  histogram: 'Verdicts on one batch',
  realAbove: 'real pictures, upwards',
  fakeBelow: 'fakes, downwards',
  verdictNumbers: (/** @type {string} */ real, /** @type {string} */ fake) =>
    `Verdict on real pictures, D(x): ${real} · on fakes, D(G(z)): ${fake}`,
  beforeTraining:
    'Two networks are about to learn from each other. The generator turns noise into pictures; the discriminator sees real pictures and these fakes and has to tell them apart. Neither knows anything yet.',
  trainingStates: {
    begins:
      'Just begun. The generator draws noise, and the discriminator is finding out what sets it apart from real pictures.',
    discriminatorWins:
      'The discriminator wins: it is nearly always right, so the generator hardly learns which change would make its pictures better.',
    discriminatorAhead:
      'The discriminator is ahead. It recognizes most fakes, and its objections show the generator what to change.',
    balanced: 'Balanced: the discriminator is often right, but not sure. Both learn best like this.',
    undecided:
      'The discriminator cannot tell real from fake. Either the fakes are that good, or it has not learnt what to look for. The pictures tell you which.',
    generatorAhead:
      'The generator is ahead: the discriminator takes more fakes than real pictures for real. It will adapt soon.',
    alike:
      'The pictures of a class look alike: mode collapse? The generator has found a few pictures that fool the discriminator, and repeats them.',
    distanceFalls:
      'The distance between real and fake that the critic measures is getting smaller: the fakes are moving towards the data.',
    distanceStays:
      'The critic still sees a large distance between real and fake. With this loss that is no failure: the generator has a clear direction.',
  },
  trials: 'Make it fail',
  trialNames: { overpower: 'Overpower the discriminator', collapse: 'Provoke a mode collapse' },
  trialHints: {
    overpower:
      'The discriminator learns eight times for each step of the generator. Watch D(x) go to 100% and D(G(z)) to 0%: a perfect critic teaches nothing.',
    collapse:
      'Much larger steps, from only 16 pictures each. The generator chases whatever fools the discriminator right now, and its pictures become all the same.',
  },
  trialBack: 'Back to the options before',
  trainingOptionsHint:
    'What you change here counts from the next step on. The seed counts when you start over.',
  /** @type {Record<string, string>} */
  trainingOptions: {
    learning_rate: 'Learning rate',
    batch_size: 'Batch size',
    discriminator_steps: 'Discriminator steps',
    label_smoothing: 'Label smoothing',
    mismatched_labels: 'Mismatched labels',
    loss: 'Loss',
    optimizer: 'Optimizer',
    betas: 'Betas',
    weight_clip: 'Weight clipping',
  },
  /** @type {Record<string, string>} */
  trainingOptionHints: {
    learning_rate: 'How far each step goes.',
    batch_size: 'Real pictures, and as many fakes, in each step.',
    discriminator_steps: 'How often the discriminator learns for each step of the generator.',
    label_smoothing: '0 to 1: how far from “surely real” the answer for real pictures is set.',
    mismatched_labels:
      '0 to 0.9: the share of fakes that are real pictures with a wrong label, so that the discriminator must look at the label too.',
    loss: 'bce: cross-entropy, as in the first GAN. hinge and wasserstein: two later ones.',
    optimizer: 'Adam adapts the step of each weight; SGD does not.',
    betas: 'Adam’s memory of past gradients: two numbers below 1.',
    weight_clip: 'With wasserstein: the largest weight the discriminator may have.',
    seed: 'The same seed draws the same weights, batches and noise again.',
  },
  ownData: 'Train on your own drawings',
  ownDataHint:
    'Draw a dozen small shapes. Each is shifted, turned and thickened into many, 2,000 pictures in all, and the GAN learns from these. With the keyboard: arrow keys move the pen, the space bar lowers and lifts it.',
  pad: 'Drawing pad. Arrow keys move the pen; the space bar lowers and lifts it',
  drawings: 'Your drawings',
  addDrawing: 'Add to the data',
  drawingCount: (/** @type {number} */ count) =>
    count < 3 ? `${count} of at least 3 drawings` : `${count} drawings`,
  removeDrawing: (/** @type {number} */ number) => `Remove drawing ${number}`,
  trainOnDrawings: 'Train on these',
  backToDigits: 'Back to the digits',
  saveCheckpoint: 'Save checkpoint',
  openCheckpoint: 'Open checkpoint…',
  openedAt: (/** @type {number} */ step) =>
    `The checkpoint is open: step ${step.toLocaleString('en')}. Train to go on from there.`,
  // <hearth-story>
  story: {
    prompt: 'How the story begins',
    tell: 'Tell it',
    surprise: 'Surprise me',
    /** @type {Record<string, string>} */
    presets: {
      galaxy: 'Alex among the stars',
      fox: 'A fox in the forest',
      robot: 'A robot afraid of the dark',
      dragon: 'A friendly dragon',
    },
    options: { num_scenes: 'Pictures', max_length: 'Length in tokens' },
    book: 'The story and its pictures',
    tools: 'What to do with the story',
    waiting: 'The illustrator is on the way…',
    notDrawn: 'This has not been drawn.',
    anotherPicture: 'Another picture',
    drawIt: 'Draw it',
    changeCaption: 'Change the caption',
    caption: 'Caption: what to draw',
    cancel: 'Cancel',
    text: 'The text of the story',
    findScenes: 'Illustrate this text',
    stopReading: 'Stop reading',
    does: {
      another: 'Another story',
      read: 'Read aloud',
      edit: 'Edit the text',
      html: 'Save as a web page',
      png: 'Save as a picture',
      print: 'Print',
    },
    drawing: (/** @type {number} */ picture, /** @type {number} */ pictures) =>
      `Drawing picture ${picture} of ${pictures}…`,
    told: (/** @type {number} */ pictures, /** @type {string} */ seconds, /** @type {string} */ device) =>
      `A story with ${pictures} ${pictures === 1 ? 'picture' : 'pictures'} in ${seconds} s on the ${device}`,
    nothingToDraw:
      'There is nothing in this text that can be drawn. Edit it, so that somebody is seen doing something.',
  },
  // <hearth-map>
  map: {
    /** What stands between two sentences. */
    space: ' ',
    plane: 'Map of digits. Arrow keys move the cursor, plus and minus zoom, Home shows all of it',
    hint: 'Point at the map to see the digit there; press to pick a point for a path. Drag to move, pinch or Ctrl + wheel to zoom. Keyboard: arrow keys, + and −, Home, Enter.',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    home: 'Whole map',
    dots: 'Show real digits',
    legend: 'Classes. Press one to make it stand out',
    onlyClass: (/** @type {number} */ label) => `Digit ${label}`,
    atCursor: 'At the cursor',
    latents: (/** @type {string} */ first, /** @type {string} */ second) => `z = (${first}, ${second})`,
    digitAt: (/** @type {string} */ where) => `The digit at ${where}`,
    near: (/** @type {number} */ label, /** @type {number} */ votes, /** @type {number} */ of) =>
      votes === of
        ? `All ${of} of the nearest real digits are a ${label}.`
        : `${votes} of the ${of} nearest real digits are a ${label}.`,
    loadingData: 'Loading the real digits…',
    encoded: (/** @type {number} */ count, /** @type {number} */ total) =>
      count < total
        ? `Placing real digits on the map: ${count} of ${total}`
        : `${total} real digits on the map`,
    complete: 'Everything is drawn.',
    draw: 'Draw a digit',
    drawHint:
      'The encoder gives it a place on the map: the ellipse is one standard deviation wide. The decoder then draws what it finds there.',
    drawHintWide: (/** @type {number} */ dim) =>
      `The encoder describes it by ${dim} ${dim === 1 ? 'number' : 'numbers'}, and the decoder draws it again from those alone.`,
    board: 'Your digit. Arrow keys move the pen; the space bar lowers and lifts it',
    drawFirst: 'Draw a digit with the pointer, or with the arrow keys and the space bar.',
    pictures: { read: 'What the model sees', back: 'What comes back', lost: 'Lost and added' },
    landed: (/** @type {string} */ where) => `Your digit lands at ${where}.`,
    difference: (/** @type {number} */ kept, /** @type {number} */ added) =>
      `${kept}% of its ink comes back; the rest is lost (blue). Of what comes back, ${added}% was not there (orange).`,
    path: 'A path across the map',
    pathHint:
      'Press two points of the map, or press Enter at two positions of the cursor. The digits on the straight line between them turn into one another.',
    between: 'A digit on the path',
    aside: 'The path in nine steps, from left to right',
    forget: 'Clear the path',
    pathStep: (/** @type {number} */ step, /** @type {number} */ steps) => `Step ${step} of ${steps}`,
    networks: 'How it was trained',
    beta: 'Weight of the KL divergence (beta)',
    wide: (/** @type {number} */ dim) => `${dim} latents: sharper, but no map`,
    lookAtLow:
      'A small beta lets the encoder say precisely where each digit is. Look at the ellipse of a digit that you draw: it is smaller. And between the classes there are more shapes that are no digit.',
    lookAtOne:
      'Beta 1 is the variational bound itself. Look at the borders between classes: one digit turns smoothly into the next, and almost every place holds a digit.',
    lookAtHigh:
      'A large beta pulls every digit towards the middle. Look at the strokes: they are blurrier, because neighbouring digits have to share a place. The ellipse of your own digit is larger.',
    lookAtWide:
      'Compare the strokes with those of two latents: with more numbers to describe a digit, more of its own hand comes back.',
    noPlane: (/** @type {number} */ dim) =>
      `This model describes a digit by ${dim} ${dim === 1 ? 'number' : 'numbers'}, so there is no plane to draw. Here is what it makes of real digits.`,
    rowOfDigits: 'Top row: real digits.',
    rowOf: (/** @type {number} */ dim, /** @type {number} */ kept) =>
      `Below, with ${dim} ${dim === 1 ? 'latent' : 'latents'}: ${kept}% of the ink comes back.`,
  },
};

/** @typedef {typeof en} Words */
