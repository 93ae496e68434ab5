#!/usr/bin/env bash
# One command for a quarter of an hour on a GPU. Results go to OUT, models as tars in pieces under 16 MiB.
#
#   training/on-a-gpu.sh all OUT                                         everything below, in twelve minutes; needs the inputs of all
#   training/on-a-gpu.sh pictures OUT [VAE_MINUTES 3] [UNET_MINUTES 5]   autoencoder, then text and U-Net
#   training/on-a-gpu.sh distil OUT [MINUTES 2.5]                        right after it, on the same machine: 8 steps, one evaluation each
#   training/on-a-gpu.sh judge OUT [MINUTES 2]                           the recogniser, and the figures of both folders
#   training/on-a-gpu.sh stories OUT [MINUTES 4]                         the story model, on tales and stories
#   training/on-a-gpu.sh bench OUT [PART…]                               benches/gpu, built before: texts, digits, stable-diffusion
#
# Beside the repository it needs training/data/inputs.tar (training/pack.py makes it) and training/requirements.txt installed;
# for the bench training/data/gpu-bench instead, and a Vulkan driver.
# On a CPU the same commands are a rehearsal; DRAFT=1 makes the pictures small.
set -euo pipefail
cd "$(dirname "$0")/.."
export PYTHONUNBUFFERED=1
what=${1:-} out=${2:-}
runs=training/runs
size=${DRAFT:+small}
size=${size:-full}
usage() { sed -n '2,14s/^# \{0,1\}//p' "$0"; exit 2; }
[ -n "$out" ] || usage
mkdir -p "$out"

if [ "$what" = bench ]; then
  shift 2
  training/data/gpu-bench "$@" 2>&1 | tee "$out/gpu.log"
  exit
fi

# A model folder as OUT/NAME.tar.00 and so on; the last line of OUT/done.log names it once it is whole.
pieces() { tar c -C $runs "$1" | split -b 15M -d -a 2 - "$out/$1.tar." && echo "$1" >> "$out/done.log"; }
# What could not be compiled trains all the same.
train() { local log=$1; shift; { "$@" ${COMPILE:-} || "$@" --no-compile; } > "$out/$log.log" 2>&1; }
until_there() { while [ ! -e "$1" ]; do sleep 0.5; done; }

if [ "$what" = all ]; then
  # All wait for one another, so that each compiles while the one before it trains. A result appears under its name when it is whole.
  export OMP_NUM_THREADS=4
  [ -d training/data/text ] || tar xf training/data/inputs.tar -C training/data
  # The GPU has nothing to do while the drawings are rendered. Training waits until it is measured.
  { [ ! -x training/data/gpu-bench ] || timeout 75 training/data/gpu-bench stable-diffusion; } > "$out/gpu.log" 2>&1 &
  bench=$!
  (
    python -m training.scenes prepare --out training/data/scenes.new --variants "${VARIANTS:-10}" --backgrounds "${VARIANTS:-10}"
    while kill -0 $bench 2> /dev/null; do sleep 0.2; done
    mv training/data/scenes.new training/data/scenes
  ) > "$out/prepare.log" 2>&1 &
  (
    train vae python training/vae.py --wait --minutes "${VAE:-3.3}" --export $runs/autoencoder.new
    mv $runs/autoencoder.new $runs/autoencoder
    cp $runs/vae/reconstructions.png "$out"
    pieces autoencoder
  ) &
  until_there training/data/scenes
  (
    train recogniser python training/recogniser.py --start training/data/recogniser.pt --minutes "${JUDGE:-2.5}"
    cp $runs/recogniser/recogniser.pt "$out"
    echo recogniser >> "$out/done.log"
  ) &
  (
    train picturebook python training/picturebook.py --wait --size $size --vae $runs/autoencoder --minutes "${UNET:-5.2}" \
      --words training/tales/plots/*.jsonl --export $runs/picturebook-many-steps.new
    mv $runs/picturebook-many-steps.new $runs/picturebook-many-steps
    cp "$(ls -t $runs/picturebook-$size/samples-*.png | head -1)" "$out/many-steps.png"
    pieces picturebook-many-steps
  ) &
  (
    train gpt2 python training/gpt2.py --wait --data training/data/text --tale-tokens "${TALE_TOKENS:-15000000}" \
      --start models/gpt2-stories --minutes "${STORIES:-1.5}" --batch-tokens "${STORY_TOKENS:-32768}" \
      --muon-learning-rate 0.01 --learning-rate 1e-3 --export $runs/gpt2-stories
    pieces gpt2-stories
  ) &
  until_there $runs/autoencoder
  (
    train distil python training/picturebook.py --wait --size $size --distil --start $runs/picturebook-many-steps \
      --minutes "${DISTIL:-1.4}" --export $runs/picturebook
    cp "$(ls -t $runs/picturebook-$size-distil/samples-*.png | head -1)" "$out/few-steps.png"
    pieces picturebook
  ) &
  wait
  exit
fi

[ -d training/data/text ] || tar xf training/data/inputs.tar -C training/data
case $what in pictures | distil | judge)
  [ -f training/data/scenes/index.json ] || python -m training.scenes prepare --variants 12 --backgrounds 12 ;;
esac

case $what in
pictures)
  python training/vae.py --minutes "${3:-3}" --export $runs/autoencoder 2>&1 | tee "$out/vae.log"
  python training/picturebook.py --size $size --vae $runs/autoencoder --minutes "${4:-5}" \
    --words training/tales/plots/*.jsonl --export $runs/picturebook-many-steps --pieces "$out" 2>&1 | tee "$out/picturebook.log"
  cp $runs/vae/reconstructions.png "$out"
  cp "$(ls -t $runs/picturebook-$size/samples-*.png | head -1)" "$out/samples.png"
  ;;
distil)
  python training/picturebook.py --size $size --distil --start $runs/picturebook-many-steps --minutes "${3:-2.5}" \
    --export $runs/picturebook --pieces "$out" 2>&1 | tee "$out/distil.log"
  cp "$(ls -t $runs/picturebook-$size-distil/samples-*.png | head -1)" "$out/samples.png"
  ;;
judge)
  [ -d $runs/picturebook-many-steps ] || [ -d $runs/picturebook ] || { echo "no model folder in $runs: unpack its pieces there"; exit 1; }
  python training/recogniser.py --minutes "${3:-2}" 2>&1 | tee "$out/recogniser.log"
  cp $runs/recogniser/recogniser.pt "$out"
  for folder in $runs/picturebook-many-steps $runs/picturebook; do
    [ ! -d $folder ] || python training/evaluate_pictures.py $folder --out $folder-judged 2>&1 | tee "$out/$(basename $folder).md"
    for sheet in sheet neighbours; do
      [ ! -f $folder-judged/$sheet.png ] || cp $folder-judged/$sheet.png "$out/$(basename $folder)-$sheet.png"
    done
  done
  ;;
stories)
  python training/gpt2.py --data training/data/text --minutes "${3:-4}" --batch-tokens 32768 \
    --export $runs/gpt2-stories --pieces "$out" 2>&1 | tee "$out/gpt2.log"
  python training/evaluate_stories.py $runs/gpt2-stories --data training/data/text --out $runs/gpt2-stories-judged 2>&1 | tee "$out/stories.md"
  ;;
*) usage ;;
esac
