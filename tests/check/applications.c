/* SPDX-License-Identifier: MIT
 *
 * applications — the programs and scripts in examples/ do what they say
 *
 * With small untrained networks, in a folder of their own. The recipes test runs
 * them as well, as the guides call them; here it is about what they say, and
 * what they refuse. */
#include "docfolder.h"
#include "nftestmodels.h"

#include <string.h>

#define FRAMES                                                                 \
  "gst-launch-1.0 -q nfscenesrc clips=1 width=50 height=34 ! "                 \
  "nfnpyenc ! filesink location=frames.npy\n"

/* reads masks.npy */
#define SHAPE                                                                  \
  "cat >shape.py <<END\n"                                                      \
  "import numpy\n"                                                             \
  "print (numpy.load ('made.npy').shape)\n"                                    \
  "END\n"                                                                      \
  "python3 shape.py\n"

/* writes FILE.hdf5 with what VALUES says */
#define HDF5(values)                                                           \
  "cat >hdf5.py <<END\n"                                                       \
  "import h5py\n"                                                              \
  "import numpy\n"                                                             \
  "file = h5py.File ('file.hdf5', 'w')\n" values "\n"                          \
  "END\n"                                                                      \
  "python3 hdf5.py\n"                                                          \
  "python3 examples/python/hdf5-to-clips.py file.hdf5 data/train\n"

typedef struct
{
  const gchar *name, *script;
  gint status;
  const gchar *says;
  const gchar *makes; /* (nullable): a file */
} Row;

static const Row rows[] = {
  { "embed", "build/examples/c/nextframe-embed --output=p.ppm", 0,
      "prediction of frame 22: p.ppm", "p.ppm" },
  { "embed-masks", "build/examples/c/nextframe-embed", 0,
      "mask of frame 22:", "predicted.ppm" },
  { "embed-no-checkpoint",
      "build/examples/c/nextframe-embed --segmenter=none.safetensors", 1,
      "error of segment: checkpoint: no file 'none.safetensors'", NULL },
  { "embed-no-predictor",
      "build/examples/c/nextframe-embed --predictor=unetpp.safetensors", 1,
      "error of predict:", NULL },
  { "embed-no-folder", "build/examples/c/nextframe-embed -o none/p.ppm", 1,
      "The prediction cannot be written.", NULL },
  { "embed-option", "build/examples/c/nextframe-embed --none", 2,
      "Unknown option --none", NULL },
  { "shared", "build/examples/c/nextframe-shared -n 5 -c 2", 0,
      "after 2 frames: tta=true", NULL },
  { "shared-stats", "build/examples/c/nextframe-shared -n 5", 0,
      "pipeline 1: 5 masks", NULL },
  { "live",
      "build/examples/c/nextframe-live --offline --headless -n 30 "
      "--screenshot=live.png",
      0, "prediction 9: Jaccard", "live.png" },
  /* scenes of 44 frames: what is predicted beyond the first one's end is not
   * compared with the second one, so 23 and 5 scores in 70 frames */
  { "live-scenes",
      "build/examples/c/nextframe-live --offline --headless -n 70 >live.txt\n"
      "grep -c '^prediction' live.txt",
      0, "28\n", NULL },
  { "live-video",
      "gst-launch-1.0 -q nfscenesrc clips=1 ! videoconvert ! vp8enc ! webmmux "
      "! filesink location='a clip.webm'\n"
      "build/examples/c/nextframe-live --offline --headless "
      "--source='a clip.webm' --screenshot=video.png",
      0, "prediction 1: Jaccard", "video.png" },
  { "live-too-short",
      "build/examples/c/nextframe-live --offline --headless -n 12 "
      "--screenshot=short.png",
      1, "no prediction has met its frame yet", NULL },
  { "live-no-video",
      "build/examples/c/nextframe-live --headless --source=none.mp4", 1,
      "none.mp4", NULL },
  { "python-segment",
      FRAMES "python3 examples/python/segment.py frames.npy made.npy\n" SHAPE,
      0, "(22, 34, 50)", "made.npy" },
  { "python-predict",
      FRAMES "python3 examples/python/predict.py frames.npy made.npy\n" SHAPE,
      0, "(1, 34, 50, 3)", "made.npy" },
  { "python-predict-short",
      "gst-launch-1.0 -q nfscenesrc num-buffers=5 ! nfnpyenc ! "
      "filesink location=short.npy\n"
      "python3 examples/python/predict.py short.npy none.npy",
      1, "nothing was predicted", NULL },
  { "python-error",
      FRAMES "python3 examples/python/predict.py frames.npy none.npy "
             "checkpoint=none.safetensors",
      1, "no file 'none.safetensors'", NULL },
  { "python-help",
      "for script in segment predict score hdf5-to-clips; do\n"
      "  python3 examples/python/$script.py --help >$script.txt || exit 1\n"
      "  grep -q \"^  $script.py \" $script.txt || exit 2\n"
      "done\n",
      0, "", "hdf5-to-clips.txt" },
  { "python-too-many", "python3 examples/python/segment.py a.npy b.npy c.npy",
      1, "Masks and boxes" },
  { "python-no-frames", "python3 examples/python/predict.py none.npy none.npy",
      1, "none.npy: No such file or directory\n", NULL },
  { "python-no-array",
      "echo text >text.npy\n"
      "python3 examples/python/segment.py text.npy none.npy",
      1, "text.npy: is no array of numbers in a .npy file", NULL },
  { "python-other-array",
      "python3 examples/python/predict.py "
      "examples/data/train/video_0/mask.npy none.npy",
      1, "mask.npy: has uint8 of shape (22, 160, 240); expected bytes", NULL },
  { "python-score", "python3 examples/python/score.py examples/data", 0,
      "all 1 clips: pooled", NULL },
  { "python-score-no-data", "python3 examples/python/score.py none", 1,
      "clips: none: no such folder", NULL },
  { "hdf5-groups",
      HDF5 ("for c in '0', '1':\n"
            "  for i in range (12):\n"
            "    file[f'{c}/{i}'] = numpy.zeros ((17, 33, 3), numpy.uint8)"),
      0, "2 clips: data/train", "data/train/video_1/image_11.png" },
  { "hdf5-array",
      HDF5 ("file['videos'] = numpy.zeros ((2, 3, 16, 20), numpy.uint8)"), 0,
      "2 clips", "data/train/video_1/image_2.png" },
  { "hdf5-floats", HDF5 ("file['videos'] = numpy.zeros ((2, 3, 16, 20))"), 1,
      "file.hdf5: frames are float64, not bytes", NULL },
  { "hdf5-other", HDF5 ("file['x'] = 1"), 1,
      "neither a dataset videos (--dataset NAME) nor groups", NULL },
  { "videos",
      "mkdir -p videos/pictures\n"
      "gst-launch-1.0 -q nfscenesrc clips=1 ! videoconvert ! vp8enc ! webmmux "
      "! filesink location='videos/a clip.webm'\n"
      "gst-launch-1.0 -q nfscenesrc num-buffers=12 width=100 height=100 ! "
      "jpegenc ! multifilesink location=videos/pictures/%d.jpg\n"
      "sh examples/videos-to-clips.sh videos own/train\n"
      "gst-launch-1.0 nfclipsrc location=own ! nfpredict ! fakesink",
      0, "videos/pictures: video_1, 12 frames",
      "own/train/video_0/image_21.png" },
  { "videos-bad",
      "mkdir -p bad\n"
      "echo none >bad/text.mp4\n"
      "sh examples/videos-to-clips.sh bad own/train || test $? = 2\n"
      "ls -A own/train | grep part && exit 1\n"
      "exit 0",
      0, "bad/text.mp4: GStreamer cannot play it", NULL },
  { "videos-none", "sh examples/videos-to-clips.sh none own/train", 2,
      "none: no such file or folder", NULL },
};

static gchar *folder;

static void
test_application (gconstpointer data)
{
  const Row *row = data;
  g_autofree gchar *output = NULL;
  g_autofree gchar *notes = NULL;
  gint status;

  status = nf_test_doc_folder_run (folder, row->script, &output, &notes);
  /* without what is missing here it cannot do what it should */
  if (*notes && status != row->status) {
    g_test_skip (notes);
    return;
  }
  if (status != row->status || !strstr (output, row->says))
    g_error ("%s\nended with %d (expected %d), should say '%s', said:\n%s",
        row->script, status, row->status, row->says, output);
  if (row->makes) {
    g_autofree gchar *path = g_build_filename (folder, row->makes, NULL);

    if (!g_file_test (path, G_FILE_TEST_IS_REGULAR))
      g_error ("%s\nmade no %s", row->script, row->makes);
  }
}

int
main (int argc, char **argv)
{
  g_autofree gchar *launcher = g_find_program_in_path ("gst-launch-1.0");
  g_autofree gchar *models = NULL;
  gint result;

  g_test_init (&argc, &argv, NULL);
  if (launcher == NULL) {
    g_printerr ("gst-launch-1.0 is not installed\n");
    return 77;
  }
  models = nf_test_models_new ();
  g_setenv ("NEXTFRAME_PATH", models, TRUE);
  folder = nf_test_doc_folder_new ();
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = g_strconcat ("/applications/", rows[i].name, NULL);

    g_test_add_data_func (path, &rows[i], test_application);
  }
  result = g_test_run ();
  nf_test_folder_remove (folder);
  g_free (folder);
  nf_test_folder_remove (models);

  return result;
}
