//! The engine that runs the models: a libonnxruntime of the machine, or tract, which is built in.
//!
//! Which of the two is decided once for the process, by [`prepare`] or by the first model that is
//! opened. Call `prepare` before the sandbox closes: afterwards no library can be opened any more.
//! A library that is missing, broken or too old is passed over, and the log says so.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use libloading::Library;
use ort::environment::Environment;
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::sys::{ORT_API_VERSION, OrtApi, OrtApiBase};
use ort::value::TensorRef;

/// Why a model does not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Neither a library on the machine nor tract in this build.
    #[error("there is no engine for models: install libonnxruntime 1.{ORT_API_VERSION} or newer")]
    NoEngine,
    /// The file found is not a library that can be used.
    #[error("{path} is no usable libonnxruntime")]
    Library {
        /// Which file.
        path: PathBuf,
        /// What the loader says.
        #[source]
        cause: libloading::Error,
    },
    /// The library is older than what this program speaks.
    #[error("{path} is older than version 1.{ORT_API_VERSION}")]
    TooOld {
        /// Which file.
        path: PathBuf,
    },
    /// The engine refused the model or its input.
    #[error("the model cannot be run")]
    Model(#[from] ort::Error),
    /// The model was made for other features or other answers.
    #[error("the model answers {got} numbers instead of {wanted}")]
    Shape {
        /// How many it gave.
        got: usize,
        /// How many were expected.
        wanted: usize,
    },
}

/// What runs models in this process.
struct Engine {
    environment: Environment,
    name: String,
}

/// One engine for the process: `ort` takes its functions once and keeps them.
static ENGINE: OnceLock<Option<Engine>> = OnceLock::new();

/// The engine that the program brings itself.
static BUILT_IN: OnceLock<fn() -> OrtApi> = OnceLock::new();

/// Offers the engine that is built into the program, for machines without a libonnxruntime.
///
/// The reader's `main` does so, not this library: tract registers itself with the linker, which
/// would carry it into every program that links the library, the small daemon too.
pub fn offer(built_in: fn() -> OrtApi) {
    if BUILT_IN.set(built_in).is_err() {
        log::debug!("an engine was offered already; the first one counts");
    }
}

/// Chooses the engine and says its name; `library` is a libonnxruntime named in the configuration.
/// Only the first call chooses.
pub fn prepare(library: Option<&Path>) -> Option<&'static str> {
    let engine = ENGINE.get_or_init(|| match choose(library) {
        Ok(engine) => Some(engine),
        Err(error) => {
            log::warn!(error:debug = error; "documents are understood without models");
            None
        }
    });
    engine.as_ref().map(|it| it.name.as_str())
}

/// Which engine runs models: `onnxruntime (/usr/lib/…)`, `tract`, or `none`.
pub fn engine_name() -> &'static str {
    prepare(None).unwrap_or("none")
}

/// The first engine that works: the configured library, a found one, tract.
fn choose(configured: Option<&Path>) -> Result<Engine, Error> {
    let mut candidates: Vec<PathBuf> = configured.map(Path::to_owned).into_iter().collect();
    candidates.extend(found_libraries());
    for path in candidates {
        match open(&path) {
            Ok(api) => return start(api, format!("onnxruntime ({})", path.display())),
            Err(error) => {
                log::warn!(error:debug = error; "a libonnxruntime is passed over");
            }
        }
    }
    built_in()
}

fn built_in() -> Result<Engine, Error> {
    let api = BUILT_IN
        .get()
        .copied()
        .or(FOR_TESTS)
        .ok_or(Error::NoEngine)?;
    start(api(), "tract".to_owned())
}

#[cfg(all(test, feature = "tract"))]
const FOR_TESTS: Option<fn() -> OrtApi> = Some(ort_tract_api);
#[cfg(not(all(test, feature = "tract")))]
const FOR_TESTS: Option<fn() -> OrtApi> = None;

#[cfg(all(test, feature = "tract"))]
fn ort_tract_api() -> OrtApi {
    ort_tract::api().clone()
}

fn start(api: OrtApi, name: String) -> Result<Engine, Error> {
    ort::set_api(api);
    let environment = ort::init()
        .with_name("workmate")
        .with_telemetry(false)
        .build()?;
    Ok(Engine { environment, name })
}

/// The libraries that would be tried, best first: files called `libonnxruntime.so…` where packages and administrators put them, newest name first.
pub fn found_libraries() -> Vec<PathBuf> {
    let mut folders = vec![PathBuf::from("/usr/local/lib"), PathBuf::from("/usr/lib")];
    folders.extend(entries(Path::new("/usr/lib")).filter(|it| it.is_dir()));
    let mut found: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| entries(folder))
        .filter(|it| it.file_name().is_some_and(is_library_name))
        .collect();
    found.sort();
    found.reverse();
    found
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let read = std::fs::read_dir(folder).into_iter().flatten();
    read.filter_map(Result::ok).map(|entry| entry.path())
}

fn is_library_name(name: &OsStr) -> bool {
    name.to_str()
        .is_some_and(|it| it.starts_with("libonnxruntime.so"))
}

/// The functions of the libonnxruntime at `path`.
#[expect(
    unsafe_code,
    reason = "functions of a C library are called by their documented contract"
)]
fn open(path: &Path) -> Result<OrtApi, Error> {
    let unusable = |cause| Error::Library {
        path: path.to_owned(),
        cause,
    };
    let too_old = || Error::TooOld {
        path: path.to_owned(),
    };
    // SAFETY: The path comes from the configuration or from folders that only root writes, so the
    // library's initialisers are trusted like any other library of the system. `OrtGetApiBase` has
    // had this signature since ONNX Runtime 1.0 and returns a static structure. `GetApi` returns
    // null for a version it does not know, else a static `OrtApi` that is at least as long as that
    // version's (members are only ever appended), which is the one `ort` is compiled for. The
    // library is never unloaded, so that the copied function pointers stay valid.
    unsafe {
        let library = Library::new(path).map_err(unusable)?;
        let base = library
            .get::<unsafe extern "system" fn() -> *const OrtApiBase>(b"OrtGetApiBase\0")
            .map_err(unusable)?;
        let base = base().as_ref().ok_or_else(too_old)?;
        let api = (base.GetApi)(ORT_API_VERSION).as_ref();
        let api = api.ok_or_else(too_old)?.clone();
        std::mem::forget(library);
        Ok(api)
    }
}

/// One model, ready to be asked; kept for the life of the process.
pub struct Model {
    session: Mutex<Session>,
}

impl Model {
    /// Opens an ONNX model.
    pub fn open(bytes: &[u8]) -> Result<Self, Error> {
        prepare(None);
        let engine = ENGINE
            .get()
            .and_then(Option::as_ref)
            .ok_or(Error::NoEngine)?;
        // Asked for explicitly, because tract optimises nothing unless it is told to.
        let builder = Session::builder(&engine.environment)?
            .with_optimization_level(GraphOptimizationLevel::All)
            .map_err(ort::Error::<()>::from)?;
        // One thread: these models are smaller than the cost of waking a second one. tract has
        // none and refuses the setting.
        let mut builder = match builder.with_intra_threads(1) {
            Ok(builder) => builder,
            Err(error) => error.recover(),
        };
        let session = Mutex::new(builder.commit_from_memory(bytes)?);
        Ok(Self { session })
    }

    /// Asks a model of one row of `input` for its one row of `answers` numbers.
    pub fn run(&self, input: &[f32], answers: usize) -> Result<Vec<f32>, Error> {
        let input = TensorRef::from_array_view(([1, input.len()], input))?;
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        let outputs = session.run(ort::inputs![input])?;
        let values = match outputs.values().next() {
            Some(value) => value.try_extract_tensor::<f32>()?.1.to_vec(),
            None => Vec::new(),
        };
        if values.len() != answers {
            return Err(Error::Shape {
                got: values.len(),
                wanted: answers,
            });
        }
        Ok(values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_engine_is_chosen_once_and_named() {
        let name = engine_name();
        assert!(name == "tract" || name.starts_with("onnxruntime"), "{name}");
        let other = Path::new("/nowhere/libonnxruntime.so");
        assert_eq!(prepare(Some(other)), Some(name));
    }

    #[test]
    fn what_is_no_library_is_refused_with_its_path() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"not a library").unwrap();
        let error = open(file.path()).unwrap_err();
        assert!(matches!(error, Error::Library { .. }));
        assert!(
            error
                .to_string()
                .contains(&file.path().display().to_string())
        );
    }

    #[test]
    fn a_library_without_the_entry_point_is_refused() {
        let error = open(Path::new("libc.so.6")).unwrap_err();
        assert!(matches!(error, Error::Library { .. }));
    }

    #[test]
    fn what_is_no_model_is_refused() {
        assert!(matches!(Model::open(b"no model"), Err(Error::Model(_))));
    }

    #[test]
    fn only_libraries_are_found_by_their_name() {
        assert!(is_library_name(OsStr::new("libonnxruntime.so.1.24.2")));
        assert!(!is_library_name(OsStr::new(
            "libonnxruntime_providers_shared.so"
        )));
    }
}
